//! Parses a text into templates, with Go's rules, lines and error texts.

mod pipeline;

use std::{collections::HashMap, rc::Rc};

use hoist_govalue::{Str, strconv};

use crate::{
    BranchKind, FuncTable, ParseError,
    lexer::{Kind, Lexer, Token},
    stack::grow,
    tree::{self, Branch, Call, Command, File, Node, Operand, PipeId, Run, Span, Template, VarId},
};

/// The most bytes of a text: its tree takes many times as much. Helm's own limit of a file is 5 MiB.
const MAX_TEXT: usize = 8 << 20;
/// How deep control structures may be nested: ours; Go has none.
const MAX_BLOCKS: usize = 10_000;

/// What one text defines: the template of the text itself, and those that it defines with `define` and `block`.
pub(crate) struct Parsed {
    pub(crate) main: Rc<Template>,
    pub(crate) others: Vec<Rc<Template>>,
}

/// Parses a text.
pub(crate) fn parse(name: &Str, text: &Str, functions: &FuncTable) -> Result<Parsed, ParseError> {
    if text.len() > MAX_TEXT {
        let message = format!("a text of {} bytes is more than is parsed ({MAX_TEXT})", text.len());
        return Err(ParseError::new(name.clone(), 1, message));
    }
    let mut lexer = Lexer::new(text);
    lexer.break_is_keyword = functions.callee("break").is_none();
    lexer.continue_is_keyword = functions.callee("continue").is_none();
    let mut parser = Parser {
        text,
        functions,
        lexer,
        tree: Tree::default(),
        // Guesses of what charts need.
        file: File {
            name: name.clone(),
            text: text.clone(),
            nodes: Vec::with_capacity(text.len() / 64),
            pipes: Vec::with_capacity(text.len() / 64),
            commands: Vec::with_capacity(text.len() / 64),
            operands: Vec::with_capacity(text.len() / 32),
            fields: Vec::with_capacity(text.len() / 32),
            declared: Vec::new(),
            variables: Vec::new(),
            numbers: Vec::new(),
            strings: Vec::new(),
            calls: Vec::new(),
        },
        names: HashMap::new(),
        nodes: Vec::new(),
        commands: Vec::new(),
        operands: Vec::new(),
        blocks: 0,
        defined: Vec::new(),
        definitions: HashMap::new(),
    };
    parser.variable(b"$", Span { start: 0, end: 0 });
    let root = parser.top()?;
    parser.add(name.clone(), root)?;
    let Parser { file, defined, .. } = parser;
    let file = Rc::new(file);
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
    root: Run,
    empty: bool,
}

/// What each template (a text, a `define`, a `block`) has of its own while it is parsed.
struct Tree {
    tokens: [Token; 3],
    peeked: usize,
    /// The variables in scope, innermost last, and how often each is there.
    variables: Vec<VarId>,
    in_scope: Vec<u32>,
    /// The delimiter of the action that is parsed now.
    action: Option<Token>,
    ranges: usize,
    parens: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            tokens: [Token::NONE; 3],
            peeked: 0,
            variables: vec![VarId(0)],
            in_scope: vec![1],
            action: None,
            ranges: 0,
            parens: 0,
        }
    }
}

impl Tree {
    fn declare(&mut self, id: VarId) {
        let index = id.0 as usize;
        if index >= self.in_scope.len() {
            self.in_scope.resize(index + 1, 0);
        }
        self.in_scope[index] += 1;
        self.variables.push(id);
    }

    fn knows(&self, id: VarId) -> bool {
        self.in_scope.get(id.0 as usize).is_some_and(|count| *count > 0)
    }

    /// Forgets the variables after the first `scope`.
    fn leave(&mut self, scope: usize) {
        for id in self.variables.drain(scope..) {
            if let Some(count) = self.in_scope.get_mut(id.0 as usize) {
                *count -= 1;
            }
        }
    }
}

struct Parser<'a> {
    text: &'a [u8],
    functions: &'a FuncTable,
    lexer: Lexer<'a>,
    tree: Tree,
    file: File,
    names: HashMap<&'a [u8], VarId>,
    // What is read of lists, pipelines and commands that are not complete yet, the innermost last.
    nodes: Vec<Node>,
    commands: Vec<Command>,
    operands: Vec<Operand>,
    blocks: usize,
    defined: Vec<Defined>,
    /// Where each name is among those.
    definitions: HashMap<Str, usize>,
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
        let line = self.lexer.line(self.tree.tokens[0]);
        Err(ParseError::new(self.file.name.clone(), line, message.into()))
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Result<T> {
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {} in {context}", self.lexer.show(token)));
        }
        let mut message = self.lexer.show(token);
        if let Some(action) = self.tree.action {
            let line = self.lexer.line(action);
            if line != self.lexer.line(token) {
                // Not "action in action".
                if !message.ends_with(" action") {
                    message.push_str(" in action");
                }
                message.push_str(&format!(" started at {}:{line}", self.file.name));
            }
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
    /// Makes a list of the nodes that were read since.
    fn list(&mut self, mark: usize) -> Run {
        let start = self.file.nodes.len();
        self.file.nodes.extend(self.nodes.drain(mark..));
        Run::since(&self.file.nodes, start)
    }

    fn variable(&mut self, name: &'a [u8], span: Span) -> VarId {
        let next = VarId(tree::number(self.file.variables.len()));
        let id = *self.names.entry(name).or_insert(next);
        if id == next {
            self.file.variables.push(span);
        }
        id
    }

    /// A text may define a template twice when one of both is empty; the other one counts.
    fn add(&mut self, name: Str, root: Run) -> Result<()> {
        let empty = root.of(&self.file.nodes).iter().all(|node| match node {
            Node::Text(span) => is_blank(self.bytes(*span)),
            _ => false,
        });
        let Some(known) = self.definitions.get(&name) else {
            self.definitions.insert(name.clone(), self.defined.len());
            self.defined.push(Defined { name, root, empty });
            return Ok(());
        };
        if let Some(known) = self.defined.get_mut(*known)
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

    fn top(&mut self) -> Result<Run> {
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
                Item::Node(node) => self.nodes.push(node),
                Item::Ending(ending) => return self.fail(format!("unexpected {}", ending.text())),
            }
        }
        Ok(self.list(0))
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
        let literal = self.bytes(token.span);
        // Most strings stand for themselves.
        let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
        if inside.is_ascii() && memchr::memchr2(b'\\', b'\r', inside).is_none() {
            return Ok(Str::from(inside));
        }
        match strconv::unquote(literal) {
            Some(text) => Ok(Str::from(text)),
            None => self.fail("invalid syntax"),
        }
    }

    /// Everything up to `{{end}}` or `{{else}}`.
    fn item_list(&mut self) -> Result<(Run, Ending)> {
        if self.blocks >= MAX_BLOCKS {
            return self.fail("max block depth exceeded");
        }
        self.blocks += 1;
        let list = grow(|| self.items());
        self.blocks -= 1;
        list
    }

    fn items(&mut self) -> Result<(Run, Ending)> {
        let mark = self.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.nodes.push(node),
                Item::Ending(ending) => return Ok((self.list(mark), ending)),
            }
        }
        self.fail("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.span))),
            Kind::LeftDelim => {
                self.tree.action = Some(token);
                let item = self.action();
                if item.is_ok() {
                    self.tree.action = None;
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
        self.tree.leave(scope);
        Ok(Node::Branch(Branch {
            kind,
            pipe,
            body,
            otherwise,
        }))
    }

    fn otherwise(&mut self, kind: BranchKind) -> Result<Run> {
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
            let mark = self.nodes.len();
            self.nodes.push(node);
            return Ok(self.list(mark));
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
        Ok(self.call(token, name, Some(pipe)))
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
        Ok(self.call(token, name, pipe))
    }

    fn call(&mut self, token: Token, name: Str, pipe: Option<PipeId>) -> Node {
        let id = tree::number(self.file.calls.len());
        self.file.calls.push(Call {
            pos: token.span.start,
            name,
            pipe,
        });
        Node::Template(id)
    }

    fn template_name(&mut self, token: Token, context: &str) -> Result<Str> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquote(token),
            _ => self.unexpected(token, context),
        }
    }
}

/// `bytes.TrimSpace` leaves nothing.
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)
        || String::from_utf8_lossy(text).chars().all(char::is_whitespace)
}
