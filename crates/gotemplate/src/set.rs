//! Templates that know each other by name.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use hoist_govalue::{Str, Value};

use crate::{
    Branch, Coverage, Embedder, ExecError, FuncTable, Options, ParseError,
    exec::{self, Snippets},
    parser, text,
    tree::{Node, Template},
};

/// A set of named templates, parsed against one table of functions.
#[derive(Clone)]
pub struct Set {
    name: Str,
    functions: Rc<FuncTable>,
    scope: Rc<Scope>,
    snippets: Rc<RefCell<Snippets>>,
}

/// Names and their templates, over those of an outer scope.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    outer: Option<Rc<Scope>>,
    own: HashMap<Str, Rc<Template>>,
}

impl Scope {
    pub(crate) fn over(outer: &Rc<Self>) -> Self {
        Self {
            outer: Some(Rc::clone(outer)),
            own: HashMap::new(),
        }
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&Rc<Template>> {
        let mut scope = self;
        loop {
            if let Some(template) = scope.own.get(name) {
                return Some(template);
            }
            scope = scope.outer.as_deref()?;
        }
    }

    /// An empty template does not take the place of one that is there.
    pub(crate) fn add(&mut self, template: Rc<Template>) {
        if !template.empty || self.get(&template.name).is_none() {
            self.own.insert(template.name.clone(), template);
        }
    }
}

impl Set {
    /// An empty set. Its name is that of texts that are parsed while a template executes, and stands in errors about
    /// templates that do not exist; Helm's is `gotpl`.
    pub fn new(name: &str, functions: FuncTable) -> Self {
        Self {
            name: name.into(),
            functions: Rc::new(functions),
            scope: Rc::default(),
            snippets: Rc::default(),
        }
    }

    /// Parses a text: it becomes the template of this name, and what it defines is added, too. A template of the same
    /// name is replaced, unless the new one holds nothing but space and comments.
    pub fn parse(&mut self, name: &str, text: impl Into<Str>) -> Result<(), ParseError> {
        let parsed = parser::parse(&name.into(), &text.into(), &self.functions)?;
        let scope = Rc::make_mut(&mut self.scope);
        for template in parsed.others {
            scope.add(template);
        }
        scope.add(parsed.main);
        Ok(())
    }

    /// Whether there is a template of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.scope.get(name.as_bytes()).is_some()
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> Vec<Str> {
        let mut names: Vec<Str> = self.scope.own.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// The functions.
    pub fn functions(&self) -> &FuncTable {
        &self.functions
    }

    /// Executes a template and answers what it wrote.
    pub fn execute(
        &self,
        name: &str,
        data: &Value,
        options: &Options,
        embedder: &mut dyn Embedder,
    ) -> Result<Str, ExecError> {
        let mut context = self.context(options);
        context.execute(embedder, name.as_bytes(), data)
    }

    /// As [`Set::execute`], and notes which branches were taken.
    pub fn execute_covered(
        &self,
        name: &str,
        data: &Value,
        options: &Options,
        embedder: &mut dyn Embedder,
        coverage: &mut Coverage,
    ) -> Result<Str, ExecError> {
        let mut context = self.context(options);
        context.coverage = Some(Box::new(std::mem::take(coverage)));
        let result = context.execute(embedder, name.as_bytes(), data);
        if let Some(recorded) = context.coverage.take() {
            *coverage = *recorded;
        }
        result
    }

    fn context(&self, options: &Options) -> exec::Context {
        exec::Context::new(
            self.name.clone(),
            Rc::clone(&self.functions),
            Rc::clone(&self.scope),
            Rc::clone(&self.snippets),
            *options,
        )
    }

    /// Every branch of every text that was parsed and is in use, sorted by place.
    pub fn branches(&self) -> Vec<Branch> {
        let mut branches = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for template in self.scope.own.values() {
            let file = &template.file;
            if !seen.insert(Rc::as_ptr(file)) {
                continue;
            }
            for node in &file.nodes {
                if let Node::Branch(branch) = node {
                    let pipe = file.pipe(branch.pipe);
                    let (line, column) = file.place(pipe.pos);
                    branches.push(Branch {
                        file: file.name.clone(),
                        line,
                        column,
                        kind: branch.kind,
                        has_else: branch.otherwise.is_some(),
                        pipeline: text::pipe(file, pipe),
                        offset: pipe.pos,
                    });
                }
            }
        }
        branches.sort();
        branches
    }
}
