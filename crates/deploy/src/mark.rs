//! How an object is marked as ours: labels that say which deployment, which component and which tags it belongs to.

use crate::Object;

/// The field manager of everything that this engine writes.
pub const MANAGER: &str = "hoist";
/// The label that says which deployment an object belongs to. Nothing without it is ever pruned.
pub const LABEL_DISCRIMINATOR: &str = "hoist.dev/discriminator";
/// The label that names the component.
pub const LABEL_COMPONENT: &str = "hoist.dev/component";
/// Followed by a number: the labels that carry the tags.
const LABEL_TAG_PREFIX: &str = "hoist.dev/tag-";
/// The annotation that keeps an object from being pruned.
pub(crate) const ANNOTATION_SKIP_DELETE: &str = "hoist.dev/skip-delete";

/// What an object is marked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which deployment.
    pub discriminator: String,
    /// Which component.
    pub component: String,
    /// Which tags, in their order.
    pub tags: Vec<String>,
}

impl Mark {
    /// Puts the labels on.
    pub fn on(&self, object: &mut Object) {
        object.set_label(LABEL_DISCRIMINATOR, &label_value(&self.discriminator));
        object.set_label(LABEL_COMPONENT, &label_value(&self.component));
        for (index, tag) in self.tags.iter().enumerate() {
            object.set_label(&format!("{LABEL_TAG_PREFIX}{index}"), &label_value(tag));
        }
    }
}

/// The text as a label may hold it: at most 63 characters of letters, digits, `-`, `_` and `.`, ends alphanumeric.
/// Texts that had to be cut keep apart by a number at the end.
pub(crate) fn label_value(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = |c: char| !c.is_ascii_alphanumeric();
    let clean: String = text.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let trimmed = clean.trim_matches(end);
    if trimmed == text && text.len() <= 63 {
        return text.to_owned();
    }
    // FNV-1a: stable between builds, and nothing here is secret or adversarial.
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let head: String = trimmed.chars().take(46).collect();
    format!("{}-{sum:016x}", head.trim_end_matches(end))
        .trim_start_matches('-')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_fit_and_stay_apart() {
        assert_eq!(label_value("vanixiets"), "vanixiets");
        let long = "a".repeat(80);
        let other = format!("{long}b");
        for text in [&*long, &*other, "with space", "-edge-", "ümlaut", ""] {
            let value = label_value(text);
            assert!(value.len() <= 63, "{value}");
            assert!(
                value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
                "{value}"
            );
            assert!(
                value.is_empty() || value.ends_with(|c: char| c.is_ascii_alphanumeric()),
                "{value}"
            );
        }
        assert_ne!(label_value(&long), label_value(&other));
    }
}
