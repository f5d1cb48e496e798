//! `cargo xtask tools`: everything pinned, made in the order of the table.

use anyhow::{Result, bail};

use crate::install::Item;
use crate::pins::{Group, Pins};
use crate::workspace::Workspace;
use crate::{charts, golang, python};

/// What a person asked for.
pub(crate) struct Selection {
    names: Vec<String>,
    group: Group,
}

impl Selection {
    /// These names, or a whole group.
    pub(crate) fn new(names: Vec<String>, group: Group) -> Self {
        Self { names, group }
    }

    /// What tests and the sandbox need.
    pub(crate) fn core() -> Self {
        Self::new(Vec::new(), Group::Core)
    }

    fn wants(&self, item: &Item, group: Group) -> bool {
        if self.names.is_empty() {
            return group == self.group;
        }
        self.names
            .iter()
            .any(|it| *it == item.name || item.outputs.contains(it))
    }
}

type Make<'a> = Box<dyn Fn(&std::path::Path) -> Result<()> + 'a>;

/// Makes what is selected and not up to date.
pub(crate) fn prepare(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let pins = Pins::read(workspace)?;
    let rows = rows(workspace, &pins)?;
    refuse_unknown(&rows, selection)?;
    let tools = workspace.tools();
    std::fs::create_dir_all(&tools)?;
    for (item, group, make) in &rows {
        if selection.wants(item, *group) {
            item.ensure(&tools, make)?;
        }
    }
    Ok(())
}

/// Says what there is.
pub(crate) fn list(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let pins = Pins::read(workspace)?;
    let rows = rows(workspace, &pins)?;
    refuse_unknown(&rows, selection)?;
    for (item, group, _) in &rows {
        if selection.names.is_empty() || selection.wants(item, *group) {
            let state = if item.is_current(&workspace.tools()) {
                "ready"
            } else {
                "to be made"
            };
            println!(
                "{:<15} {:<6} {state:<11} {}",
                item.name,
                format!("{group:?}").to_lowercase(),
                item.outputs.join(" ")
            );
        }
    }
    Ok(())
}

fn rows<'a>(workspace: &'a Workspace, pins: &'a Pins) -> Result<Vec<(Item, Group, Make<'a>)>> {
    let mut rows: Vec<(Item, Group, Make<'a>)> = Vec::new();
    for tool in &pins.go {
        rows.push((
            golang::item(workspace, tool)?,
            tool.group,
            Box::new(move |into| golang::build(workspace, tool, into)),
        ));
    }
    for group in [Group::Core, Group::Extra] {
        rows.push((
            charts::item(pins, group)?,
            group,
            Box::new(move |into| charts::build(workspace, pins, group, into)),
        ));
    }
    rows.push((
        charts::manifests_item(pins)?,
        Group::Core,
        Box::new(move |into| charts::build_manifests(pins, into)),
    ));
    rows.push((
        python::item(workspace)?,
        Group::Core,
        Box::new(move |into| python::build(workspace, into)),
    ));
    Ok(rows)
}

fn refuse_unknown(rows: &[(Item, Group, Make<'_>)], selection: &Selection) -> Result<()> {
    for name in &selection.names {
        if !rows
            .iter()
            .any(|(item, ..)| *name == item.name || item.outputs.contains(name))
        {
            let known: Vec<_> = rows.iter().map(|(item, ..)| item.name.as_str()).collect();
            bail!("there is no tool named {name}; there are: {}", known.join(", "));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, outputs: &[&str]) -> Item {
        Item {
            name: name.into(),
            fingerprint: String::new(),
            outputs: outputs.iter().map(|it| it.to_string()).collect(),
        }
    }

    #[test]
    fn a_row_is_found_by_its_name_or_by_a_program_of_it_and_else_by_its_group() {
        let kubernetes = item("kubernetes", &["kube-apiserver", "kubectl"]);
        let by = |names: &[&str]| Selection::new(names.iter().map(|it| it.to_string()).collect(), Group::Core);
        assert!(by(&["kubernetes"]).wants(&kubernetes, Group::Core));
        assert!(by(&["etcd", "kubectl"]).wants(&kubernetes, Group::Extra));
        assert!(!by(&["etcd"]).wants(&kubernetes, Group::Core));
        assert!(by(&[]).wants(&kubernetes, Group::Core));
        assert!(!by(&[]).wants(&kubernetes, Group::Extra));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let workspace = Workspace::here();
        let selection = Selection::new(vec!["terraform".into()], Group::Core);
        let error = prepare(&workspace, &selection).unwrap_err().to_string();
        assert!(error.contains("terraform") && error.contains("kubernetes"), "{error}");
    }
}
