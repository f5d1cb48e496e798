//! Parses a text into templates, with Go's rules, lines and error texts.

use std::{collections::HashMap, rc::Rc};

use hoist_govalue::{Str, Value, strconv};

use crate::{
    BranchKind, FuncTable, ParseError,
    lexer::{Kind, Lexer, Token},
    number,
    stack::grow,
    tree::{Branch, Call, Command, File, ListId, Node, Operand, Pipe, PipeId, Span, Template, Term, VarId},
};

/// How deep parentheses may be nested: Go's limit.
const MAX_PARENS: usize = 10_000;
/// How deep control structures may be nested: ours; Go has none.
const MAX_BLOCKS: usize = 10_000;

/// What one text defines: the template of the text itself, and those that it defines with `define` and `block`.
pub(crate) struct Parsed {
    pub(crate) main: Rc<Template>,
    pub(crate) others: Vec<Rc<Template>>,
}

/// Parses a text.
pub(crate) fn parse(name: &Str, text: &Str, functions: &FuncTable) -> Result<Parsed, ParseError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ParseError::new(name.clone(), 1, "the text is too long".to_owned()));
    }
    let mut lexer = Lexer::new(text);
    lexer.break_is_keyword = functions.callee("break").is_none();
    lexer.continue_is_keyword = functions.callee("continue").is_none();
    let mut parser = Parser {
        name,
        text,
        functions,
        lexer,
        tree: Tree::default(),
        lists: Vec::new(),
        pipes: Vec::new(),
        names: Names::default(),
        blocks: 0,
        defined: Vec::new(),
    };
    parser.names.id(b"$", Span { start: 0, end: 0 });
    let root = parser.top()?;
    parser.add(name.clone(), root)?;
    let Parser {
        lists,
        pipes,
        names,
        defined,
        ..
    } = parser;
    let file = Rc::new(File {
        name: name.clone(),
        text: text.clone(),
        lists,
        pipes,
        variables: names.spans,
    });
    let mut main = None;
    let mut others = Vec::with_capacity(defined.len());
    for Defined {
        name: defined,
        root,
        empty,
    } in defined
    {
        let is_main = defined == *name;
        let template = Rc::new(Template {
            name: defined,
            file: Rc::clone(&file),
            root,
            empty,
        });
        if is_main {
            main = Some(template);
        } else {
            others.push(template);
        }
    }
    let main = main.ok_or_else(|| ParseError::new(name.clone(), 1, "the text defines nothing".to_owned()))?;
    Ok(Parsed { main, others })
}

/// A template that this text defines.
struct Defined {
    name: Str,
    root: ListId,
    empty: bool,
}

/// Numbers for the names of variables.
#[derive(Default)]
struct Names<'a> {
    ids: HashMap<&'a [u8], VarId>,
    spans: Vec<Span>,
}

impl<'a> Names<'a> {
    fn id(&mut self, name: &'a [u8], span: Span) -> VarId {
        let next = VarId(u32::try_from(self.spans.len()).unwrap_or(u32::MAX));
        let id = *self.ids.entry(name).or_insert(next);
        if id == next {
            self.spans.push(span);
        }
        id
    }
}

/// What each template (a text, a `define`, a `block`) has of its own while it is parsed.
struct Tree {
    tokens: [Token; 3],
    peeked: usize,
    /// The variables in scope, innermost last, and how often each is there.
    variables: Vec<VarId>,
    in_scope: HashMap<VarId, u32>,
    action_line: u32,
    ranges: usize,
    parens: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            tokens: [Token::NONE; 3],
            peeked: 0,
            variables: vec![VarId(0)],
            in_scope: HashMap::from([(VarId(0), 1)]),
            action_line: 0,
            ranges: 0,
            parens: 0,
        }
    }
}

struct Parser<'a> {
    name: &'a Str,
    text: &'a [u8],
    functions: &'a FuncTable,
    lexer: Lexer<'a>,
    tree: Tree,
    lists: Vec<Box<[Node]>>,
    pipes: Vec<Pipe>,
    names: Names<'a>,
    blocks: usize,
    defined: Vec<Defined>,
}

/// What ends a list.
#[derive(Clone, Copy)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn text(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

enum Item {
    Node(Node),
    Ending(Ending),
}

type Result<T, E = ParseError> = std::result::Result<T, E>;

// Tokens.
impl<'a> Parser<'a> {
    fn next(&mut self) -> Token {
        if self.tree.peeked > 0 {
            self.tree.peeked -= 1;
        } else {
            self.tree.tokens[0] = self.lexer.next();
        }
        self.tree.tokens[self.tree.peeked]
    }

    fn backup(&mut self) {
        self.tree.peeked += 1;
    }

    fn peek(&mut self) -> Token {
        if self.tree.peeked > 0 {
            return self.tree.tokens[self.tree.peeked - 1];
        }
        self.tree.peeked = 1;
        self.tree.tokens[0] = self.lexer.next();
        self.tree.tokens[0]
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn bytes(&self, span: Span) -> &'a [u8] {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        let line = self.tree.tokens[0].line as usize;
        Err(ParseError::new(self.name.clone(), line, message.into()))
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Result<T> {
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {} in {context}", self.lexer.show(token)));
        }
        let mut message = self.lexer.show(token);
        if self.tree.action_line != 0 && self.tree.action_line != token.line {
            // Not "action in action".
            if !message.ends_with(" action") {
                message.push_str(" in action");
            }
            message.push_str(&format!(" started at {}:{}", self.name, self.tree.action_line));
        }
        self.fail(message)
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            self.unexpected(token, context)
        }
    }
}

// Templates and control structures.
impl<'a> Parser<'a> {
    fn add_list(&mut self, nodes: Vec<Node>) -> ListId {
        let id = ListId(u32::try_from(self.lists.len()).unwrap_or(u32::MAX));
        self.lists.push(nodes.into_boxed_slice());
        id
    }

    fn is_empty(&self, list: ListId) -> bool {
        let nodes = self.lists.get(list.0 as usize).map_or(&[][..], |nodes| nodes);
        nodes.iter().all(|node| match node {
            Node::Text(span) => is_blank(self.bytes(*span)),
            _ => false,
        })
    }

    /// A text may define a template twice when one of both is empty; the other one counts.
    fn add(&mut self, name: Str, root: ListId) -> Result<()> {
        let empty = self.is_empty(root);
        let Some(known) = self.defined.iter().position(|defined| defined.name == name) else {
            self.defined.push(Defined { name, root, empty });
            return Ok(());
        };
        if let Some(known) = self.defined.get_mut(known)
            && known.empty
        {
            *known = Defined { name, root, empty };
            return Ok(());
        }
        if empty {
            return Ok(());
        }
        self.fail(format!(
            "template: multiple definition of template {}",
            strconv::quote(&name)
        ))
    }

    fn top(&mut self) -> Result<ListId> {
        let mut nodes = Vec::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    let outer = std::mem::take(&mut self.tree);
                    self.definition()?;
                    self.tree = outer;
                    continue;
                }
                self.tree.tokens[1] = delim;
                self.tree.peeked = 2;
            }
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Ending(ending) => return self.fail(format!("unexpected {}", ending.text())),
            }
        }
        Ok(self.add_list(nodes))
    }

    fn definition(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, CONTEXT);
        }
        let name = self.unquote(token)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (root, ending) = self.item_list()?;
        if let Ending::Else = ending {
            return self.fail(format!("unexpected {} in {CONTEXT}", ending.text()));
        }
        self.add(name, root)
    }

    fn unquote(&self, token: Token) -> Result<Str> {
        match strconv::unquote(self.bytes(token.span)) {
            Some(text) => Ok(Str::from(text)),
            None => self.fail("invalid syntax"),
        }
    }

    /// Everything up to `{{end}}` or `{{else}}`.
    fn item_list(&mut self) -> Result<(ListId, Ending)> {
        if self.blocks >= MAX_BLOCKS {
            return self.fail("max block depth exceeded");
        }
        self.blocks += 1;
        let list = grow(|| self.items());
        self.blocks -= 1;
        list
    }

    fn items(&mut self) -> Result<(ListId, Ending)> {
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Ending(ending) => return Ok((self.add_list(nodes), ending)),
            }
        }
        self.fail("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.span))),
            Kind::LeftDelim => {
                self.tree.action_line = token.line;
                let item = self.action();
                if item.is_ok() {
                    self.tree.action_line = 0;
                }
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.jump("{{break}}", Node::Break)?,
            Kind::Continue => self.jump("{{continue}}", Node::Continue)?,
            Kind::Else => {
                // What follows an `else if` is parsed by who asked for the ending.
                if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::Ending(Ending::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Kind::If => self.control(BranchKind::If)?,
            Kind::Range => self.control(BranchKind::Range)?,
            Kind::Template => self.template()?,
            Kind::With => self.control(BranchKind::With)?,
            _ => {
                self.backup();
                self.peek();
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn jump(&mut self, text: &str, node: Node) -> Result<Node> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return self.unexpected(token, text);
        }
        if self.tree.ranges == 0 {
            return self.fail(format!("{text} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn control(&mut self, kind: BranchKind) -> Result<Node> {
        let scope = self.tree.variables.len();
        let pipe = self.pipeline(kind.keyword(), Kind::RightDelim)?;
        if kind == BranchKind::Range {
            self.tree.ranges += 1;
        }
        let (body, ending) = self.item_list()?;
        if kind == BranchKind::Range {
            self.tree.ranges -= 1;
        }
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else => Some(self.otherwise(kind)?),
        };
        while self.tree.variables.len() > scope {
            if let Some(variable) = self.tree.variables.pop()
                && let Some(count) = self.tree.in_scope.get_mut(&variable)
            {
                *count -= 1;
            }
        }
        Ok(Node::Branch(Branch {
            kind,
            pipe,
            body,
            otherwise,
        }))
    }

    fn otherwise(&mut self, kind: BranchKind) -> Result<ListId> {
        let chained = match kind {
            BranchKind::If => Some(Kind::If),
            BranchKind::With => Some(Kind::With),
            BranchKind::Range => None,
        };
        if chained == Some(self.peek().kind) {
            self.next();
            if self.blocks >= MAX_BLOCKS {
                return self.fail("max block depth exceeded");
            }
            self.blocks += 1;
            let node = grow(|| self.control(kind))?;
            self.blocks -= 1;
            return Ok(self.add_list(vec![node]));
        }
        let (list, ending) = self.item_list()?;
        if let Ending::Else = ending {
            return self.fail(format!("expected end; found {}", ending.text()));
        }
        Ok(list)
    }

    fn block(&mut self) -> Result<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::take(&mut self.tree);
        let (root, ending) = self.item_list()?;
        if let Ending::Else = ending {
            // Go tells the line of the block's beginning here.
            self.tree = outer;
            return self.fail(format!("unexpected {} in {CONTEXT}", ending.text()));
        }
        self.add(name.clone(), root)?;
        self.tree = outer;
        Ok(Node::Template(Box::new(Call {
            pos: token.span.start,
            name,
            pipe: Some(pipe),
        })))
    }

    fn template(&mut self) -> Result<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Node::Template(Box::new(Call {
            pos: token.span.start,
            name,
            pipe,
        })))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Result<Str> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquote(token),
            _ => self.unexpected(token, context),
        }
    }
}

// Pipelines.
impl Parser<'_> {
    fn pipeline(&mut self, context: &str, end: Kind) -> Result<PipeId> {
        let pos = self.peek_non_space().span.start;
        let mut declared = Vec::new();
        let assign = self.declarations(context, &mut declared)?;
        let mut commands: Vec<Command> = Vec::new();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    commands.push(self.command()?);
                }
                _ => return self.unexpected(token, context),
            }
        }
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|operand| &operand.term);
            if let Some(Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(..)) = first {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        let id = PipeId(u32::try_from(self.pipes.len()).unwrap_or(u32::MAX));
        self.pipes.push(Pipe {
            pos,
            assign,
            declared: declared.into_boxed_slice(),
            commands: commands.into_boxed_slice(),
        });
        Ok(id)
    }

    /// The variables before `:=` or `=`; whether they are assigned.
    fn declarations(&mut self, context: &str, declared: &mut Vec<VarId>) -> Result<bool> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(false);
            }
            self.next();
            // With spaces as tokens, it takes three tokens to know that a variable is an argument.
            let after = self.peek();
            let next = self.peek_non_space();
            let comma = next.kind == Kind::Char && self.bytes(next.span) == b",";
            if matches!(next.kind, Kind::Assign | Kind::Declare) || comma {
                self.next_non_space();
                let id = self.names.id(self.bytes(variable.span), variable.span);
                declared.push(id);
                self.tree.variables.push(id);
                *self.tree.in_scope.entry(id).or_default() += 1;
                if !comma {
                    return Ok(next.kind == Kind::Assign);
                }
                if context == "range" && declared.len() < 2 {
                    match self.peek_non_space().kind {
                        Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                        _ => return self.fail("range can only initialize variables"),
                    }
                }
                return self.fail(format!("too many declarations in {context}"));
            }
            if after.kind == Kind::Space {
                self.tree.tokens[1] = after;
                self.tree.tokens[2] = variable;
                self.tree.peeked = 3;
            } else {
                self.tree.tokens[1] = variable;
                self.tree.peeked = 2;
            }
            return Ok(false);
        }
    }

    fn command(&mut self) -> Result<Command> {
        let pos = self.peek_non_space().span.start;
        let mut args = Vec::new();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if args.is_empty() {
            return self.fail("empty command");
        }
        Ok(Command {
            pos,
            args: args.into_boxed_slice(),
        })
    }

    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(operand) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(operand));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.field(self.tree.tokens[self.tree.peeked - 1]));
            self.next();
        }
        // The whole chain has the position of its first added field, as in Go.
        let pos = first.span.start;
        let term = match operand.term {
            Term::Field(known) => Term::Field([&known[..], &fields].concat().into()),
            Term::Variable(id, known) => Term::Variable(id, [&known[..], &fields].concat().into()),
            Term::Bool(_) | Term::Str(..) | Term::Number(_) | Term::Nil | Term::Dot => {
                let text = self.literal(&operand);
                return self.fail(format!("unexpected . after term {}", strconv::quote(text)));
            }
            _ => Term::Chain(Box::new(operand), fields.into_boxed_slice()),
        };
        Ok(Some(Operand { pos, term }))
    }

    /// A field without its dot.
    fn field(&self, token: Token) -> Span {
        Span {
            start: token.span.start + 1,
            end: token.span.end,
        }
    }

    fn literal(&self, operand: &Operand) -> &[u8] {
        match &operand.term {
            Term::Bool(true) => b"true",
            Term::Bool(false) => b"false",
            Term::Nil => b"nil",
            Term::Number(number) => self.bytes(number.text),
            Term::Str(_, quoted) => self.bytes(*quoted),
            _ => b".",
        }
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.next_non_space();
        let text = self.bytes(token.span);
        let term = match token.kind {
            Kind::Identifier => {
                let name = String::from_utf8_lossy(text);
                match self.functions.callee(&name) {
                    Some(callee) => Term::Function(callee, token.span),
                    None => return self.fail(format!("function {} not defined", strconv::quote(text))),
                }
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                let known = self.names.ids.get(text).copied();
                let in_scope = |id: &VarId| self.tree.in_scope.get(id).is_some_and(|count| *count > 0);
                match known.filter(in_scope) {
                    Some(id) => Term::Variable(id, Box::default()),
                    None => return self.fail(format!("undefined variable {}", strconv::quote(text))),
                }
            }
            Kind::Field => Term::Field(Box::new([self.field(token)])),
            Kind::Bool => Term::Bool(text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = match token.kind {
                    Kind::CharConstant => number::character(token.span, text),
                    _ => number::number(token.span, text, token.kind == Kind::Complex),
                };
                match number {
                    Ok(number) => Term::Number(Box::new(number)),
                    Err(message) => return self.fail(message),
                }
            }
            Kind::LeftParen => {
                if self.tree.parens >= MAX_PARENS {
                    return self.fail("max expression depth exceeded");
                }
                self.tree.parens += 1;
                let pipe = grow(|| self.pipeline("parenthesized pipeline", Kind::RightParen))?;
                self.tree.parens -= 1;
                // The pipeline's own position, not that of the parenthesis.
                let pos = self
                    .pipes
                    .get(pipe.0 as usize)
                    .map_or(token.span.start, |pipe| pipe.pos);
                return Ok(Some(Operand {
                    pos,
                    term: Term::Pipe(pipe),
                }));
            }
            Kind::String | Kind::RawString => Term::Str(Value::Str(self.unquote(token)?), token.span),
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Operand {
            pos: token.span.start,
            term,
        }))
    }
}

/// `bytes.TrimSpace` leaves nothing.
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)
        || String::from_utf8_lossy(text).chars().all(char::is_whitespace)
}
