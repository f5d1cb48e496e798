//! What the program around the evaluator provides, and how an execution is to behave.

use hoist_govalue::{Args, FuncResult, Host, Method, Value};

use crate::{Context, ExecError};

/// The program around the evaluator.
pub trait Embedder {
    /// The world, for functions that ask it for time, randomness or names.
    fn host(&mut self) -> &mut dyn Host;

    /// Carries out a function of [`hoist_govalue::Body::Embedder`], with checked arguments. Templates are run by
    /// `context`, which wants the embedder back: `context.execute(self, name, data)`.
    fn call(&mut self, context: &mut Context, function: &'static str, args: Args<'_>) -> Result<Value, ExecError>;

    /// The methods of a named type whose values are plain maps or lists (`common.Values`). Objects tell their own.
    fn methods(&self, _type_name: &'static str) -> &'static [Method] {
        &[]
    }

    /// Calls one of those methods, with checked arguments.
    fn call_method(&mut self, receiver: &Value, method: &Method, _args: Args<'_>) -> FuncResult {
        Err(hoist_govalue::FuncError::new(format!(
            "{} has no method {}",
            receiver.type_name(),
            method.name
        )))
    }

    /// Asked every few thousand steps: a reason to stop now.
    fn interrupted(&mut self) -> Option<String> {
        None
    }
}

/// What a key that a map does not have is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value at all; Go's default.
    #[default]
    Invalid,
    /// The zero of the map's element type, as Helm sets it.
    Zero,
    /// An error, as Helm's `--strict` sets it.
    Error,
}

/// What one execution may use before it is ended with an error.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nodes evaluated.
    pub steps: u64,
    /// Bytes of output that are held at one time.
    pub output: usize,
    /// Bytes of strings and lists that functions made, all together.
    pub produced: u64,
    /// Templates that execute within each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 1 << 26,
            output: 256 << 20,
            produced: 1 << 30,
            depth: 10_000,
        }
    }
}

/// How an execution behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What a missing key is worth.
    pub missing_key: MissingKey,
    /// What it may use.
    pub limits: Limits,
}
