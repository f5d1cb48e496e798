//! The state that an execution shares among all templates it runs, and what an embedder may do with it.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use hoist_govalue::{Str, Value};

use crate::{
    Coverage, Embedder, ExecError, FuncTable, Options, ParseError,
    eval::State,
    parser::{self, Parsed},
    set::Scope,
    stack::grow,
    text,
    tree::{Template, VarId},
    value::Seen,
};

/// How many bytes of texts are kept parsed: charts evaluate the same few again and again.
const MAX_KEPT: usize = 32 << 20;
/// About how much larger than its text a parsed text is,
const PARSED: usize = 16;
/// and what the shortest takes.
const SMALLEST: usize = 4 << 10;

/// An execution under way. The embedder is given it when it is called, and may run further templates in it.
pub struct Context {
    name: Str,
    pub(crate) functions: Rc<FuncTable>,
    pub(crate) scope: Rc<Scope>,
    pub(crate) options: Options,
    pub(crate) coverage: Option<Box<Coverage>>,
    /// What was written by all templates that execute now, the innermost one last.
    pub(crate) out: Vec<u8>,
    /// The variables of all of them.
    pub(crate) variables: Vec<(VarId, Seen)>,
    pub(crate) depth: usize,
    steps: u64,
    slice: u32,
    produced: u64,
    snippets: Rc<RefCell<Snippets>>,
}

/// Texts that were parsed while a template of the set executed: for all executions of it.
#[derive(Default)]
pub(crate) struct Snippets {
    parsed: HashMap<Str, Snippet>,
    bytes: usize,
}

/// A text that was parsed while a template executes.
#[derive(Clone)]
pub struct Snippet(Rc<Parsed>);

/// Steps between two looks at the limits.
const SLICE: u32 = 4096;

impl Context {
    pub(crate) fn new(
        name: Str,
        functions: Rc<FuncTable>,
        scope: Rc<Scope>,
        snippets: Rc<RefCell<Snippets>>,
        options: Options,
    ) -> Self {
        Self {
            name,
            functions,
            scope,
            options,
            coverage: None,
            out: Vec::new(),
            variables: Vec::new(),
            depth: 0,
            steps: 0,
            slice: SLICE,
            produced: 0,
            snippets,
        }
    }

    /// The name of the set, under which snippets are parsed.
    pub fn name(&self) -> &Str {
        &self.name
    }

    /// How the execution behaves.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether there is a template of this name here.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.scope.get(name).is_some()
    }

    /// Executes a template of the set (or of the snippet that is evaluated now) and answers what it wrote.
    pub fn execute(&mut self, embedder: &mut dyn Embedder, name: &[u8], data: &Value) -> Result<Str, ExecError> {
        let Some(template) = self.scope.get(name).cloned() else {
            let (name, set) = (text::quote(name), text::quote(&self.name));
            return Err(ExecError::note(format!(
                "template: no template {name} associated with template {set}"
            )));
        };
        self.run(embedder, &template, data)
    }

    /// Parses a text under the set's name. Parsing the same text again costs nothing.
    pub fn parse(&mut self, text: &Str) -> Result<Snippet, ParseError> {
        if let Some(known) = self.snippets.borrow().parsed.get(text) {
            return Ok(known.clone());
        }
        self.charge(text.len() / 2 + 32);
        let snippet = Snippet(Rc::new(parser::parse(&self.name, text, &self.functions)?));
        let mut snippets = self.snippets.borrow_mut();
        let bytes = text.len() * PARSED + SMALLEST;
        if snippets.bytes + bytes <= MAX_KEPT {
            snippets.bytes += bytes;
            snippets.parsed.insert(text.clone(), snippet.clone());
        }
        Ok(snippet)
    }

    /// Executes a snippet and answers what it wrote. What it defines is known to all templates that run within it,
    /// and to no other.
    pub fn evaluate(&mut self, embedder: &mut dyn Embedder, snippet: &Snippet, data: &Value) -> Result<Str, ExecError> {
        let mut scope = Scope::over(&self.scope);
        for template in &snippet.0.others {
            scope.add(Rc::clone(template));
        }
        scope.add(Rc::clone(&snippet.0.main));
        let outer = std::mem::replace(&mut self.scope, Rc::new(scope));
        let result = self.run(embedder, &snippet.0.main, data);
        self.scope = outer;
        result
    }

    fn run(&mut self, embedder: &mut dyn Embedder, template: &Template, data: &Value) -> Result<Str, ExecError> {
        if self.depth >= self.options.limits.depth {
            return Err(ExecError::note(self.too_deep()));
        }
        self.charge(8);
        let (written, variables, depth) = (self.out.len(), self.variables.len(), self.depth);
        self.depth += 1;
        let dot = Seen::plain(data.clone());
        let result = grow(|| State::new(self, embedder, template).run(&dot));
        let text = result.map(|()| Str::from(self.out.get(written..).unwrap_or_default()));
        self.out.truncate(written);
        self.variables.truncate(variables);
        self.depth = depth;
        text
    }

    pub(crate) fn too_deep(&self) -> String {
        format!("exceeded maximum template depth ({})", self.options.limits.depth)
    }

    /// Counts a step; every so many of them, says why the execution must end.
    #[inline]
    pub(crate) fn step(&mut self, embedder: &mut dyn Embedder) -> Option<String> {
        self.slice -= 1;
        if self.slice > 0 { None } else { self.look(embedder) }
    }

    /// Counts work that is more than a step.
    #[inline]
    pub(crate) fn charge(&mut self, steps: usize) {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps += u64::from(steps);
        // Enough of it is a reason to look.
        self.slice = self.slice.saturating_sub(steps).max(1);
    }

    #[cold]
    fn look(&mut self, embedder: &mut dyn Embedder) -> Option<String> {
        self.slice = SLICE;
        self.steps += u64::from(SLICE);
        if self.steps > self.options.limits.steps {
            return Some(format!("more than {} steps", self.options.limits.steps));
        }
        embedder.interrupted()
    }

    /// Counts what a function made; says when it is too much.
    pub(crate) fn produced(&mut self, value: &Value) -> Option<String> {
        const ITEM: u64 = size_of::<Value>() as u64;
        self.produced += match value {
            Value::Str(text) => text.len() as u64,
            Value::Bytes(bytes) => bytes.len() as u64,
            Value::List(list) => list.len() as u64 * ITEM,
            Value::Map(map) => map.len() as u64 * ITEM,
            _ => return None,
        };
        let limit = self.options.limits.produced;
        (self.produced > limit).then(|| format!("functions made more than {limit} bytes"))
    }

    /// Says when what was written is too much.
    #[inline]
    pub(crate) fn overflow(&self) -> Option<String> {
        let limit = self.options.limits.output;
        (self.out.len() > limit).then(|| format!("more than {limit} bytes of output"))
    }
}
