//! What Helm makes of the errors of templates: several lines, from the file to the cause.

use hoist_gotemplate::{ExecError, ParseError, Step};

use crate::error::{Place, TemplateError};

/// What stands around the words of `fail` and `required` while an error travels.
pub(super) const START: &str = "HELM_ERR_START";
/// The end of them.
pub(super) const END: &str = "HELM_ERR_END";

/// A template that cannot be parsed.
pub(super) fn parse_error(template: &str, error: &ParseError) -> TemplateError {
    let text = error.to_string();
    // Helm shows the second and the last of the parts between colons, whatever they are.
    let mut parts = text.split(": ").skip(1);
    let at = parts.next().unwrap_or_default();
    let last = parts.last().unwrap_or(at);
    TemplateError {
        template: template.to_owned(),
        places: vec![Place {
            file: error.file().to_string(),
            line: error.line(),
            column: None,
            template: template.to_owned(),
            action: String::new(),
        }],
        message: error.message().to_owned(),
        text: format!("parse error at ({at}): {last}"),
    }
}

/// A template that cannot be executed.
pub(super) fn exec_error(template: &str, error: &ExecError) -> TemplateError {
    let places = error.places().map(|at| Place {
        file: at.file.to_string(),
        line: at.line,
        column: Some(at.column),
        template: at.template.to_string(),
        action: at.node.clone(),
    });
    let whole = error.to_string();
    let message = match error.cause() {
        Some(Step::At(at)) => at.message.clone(),
        Some(other) => other.to_string(),
        None => whole.clone(),
    };
    TemplateError {
        template: template.to_owned(),
        places: places.collect(),
        message: message.replace(START, "").replace(END, ""),
        text: reformatted(template, error, &whole),
    }
}

fn reformatted(template: &str, error: &ExecError, whole: &str) -> String {
    if !matches!(error.steps().next(), Some(Step::At(_))) {
        // Not an error of execution to Go: the template does not exist.
        return whole.to_owned();
    }
    let mut parts = whole.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return format!("execution error in ({template}): {whole}");
    };
    if let Some(words) = chosen_words(rest) {
        return format!("execution error at ({location}): {words}");
    }
    let mut links: Vec<Traced> = Vec::new();
    // The text of the error, and of each that it wraps, is an end of the whole.
    let mut from = 0;
    for step in error.steps() {
        let Some(link) = whole.get(from..).and_then(Traced::parse) else {
            return whole.to_owned();
        };
        from += step.to_string().len() + ": ".len();
        if links.last() != Some(&link) {
            links.push(link);
        }
    }
    let shown: String = links.iter().map(Traced::shown).collect();
    shown.trim().to_owned()
}

/// The words of `fail` or `required`, greedily, as Helm's pattern finds them.
fn chosen_words(text: &str) -> Option<&str> {
    let start = text.find(START)? + START.len();
    let end = text.rfind(END)?;
    text.get(start..end)
}

#[derive(PartialEq, Eq)]
struct Traced {
    location: String,
    message: String,
    action: String,
}

impl Traced {
    /// Takes apart the text of one error of execution; `None` where it is another error.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self {
                location: String::new(),
                message: text.to_owned(),
                action: String::new(),
            });
        }
        Self::executing(rest).or_else(|| {
            let (location, message) = rest.rsplit_once(": ")?;
            Some(Self {
                location: location.to_owned(),
                message: before_next(message).to_owned(),
                action: String::new(),
            })
        })
    }

    fn executing(rest: &str) -> Option<Self> {
        let (location, after) = rest.split_once(": executing ")?;
        let (function, after) = after.strip_prefix('"')?.split_once('"')?;
        let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Self {
            location: location.to_owned(),
            message: before_next(message).to_owned(),
            action: format!("executing \"{function}\" at <{node}>:"),
        })
    }

    fn shown(&self) -> String {
        let mut text = String::new();
        if !self.location.is_empty() {
            text += &format!("{}\n  ", self.location);
        }
        if !self.action.is_empty() {
            text += &format!("{}\n    ", self.action);
        }
        if !self.message.is_empty() {
            text += &format!("{}\n", self.message);
        }
        text
    }
}

fn before_next(message: &str) -> &str {
    message.find(" template:").map_or(message, |cut| &message[..cut])
}
