//! `hoist render`: what hoist would use, as files.

use std::path::Path;

use hoist_model::Goal;
use hoist_nodes::render::{Sources, render as render_nix};

use super::write_atomically;
use crate::args::Rendered;
use crate::failure::Failure;
use crate::world::World;

/// Marks a folder as one that hoist wrote, so that it may write it again.
const MARK: &str = ".hoist-rendered";

/// Writes the files of one kind.
pub(super) async fn render(file: &Path, what: Rendered, out: &Path) -> Result<u8, Failure> {
    let files: Vec<(String, String)> = match what {
        Rendered::Nix => {
            let world = World::open(file).await?;
            let sources = Sources::read(&world.spec)?;
            let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
            let tree = render_nix(&world.spec, &sources, &survey.facts);
            tree.files()
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .collect()
        }
    };
    prepare(out)?;
    for (path, text) in &files {
        let path = out.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::user(format!("cannot make {}: {error}", folder.display())))?;
        }
        write_atomically(&path, text)?;
    }
    println!("wrote {} files to {}", files.len(), out.display());
    Ok(0)
}

/// Makes the folder, or empties one that an earlier rendering made; any other is refused.
fn prepare(out: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::user(format!("cannot prepare {}: {error}", out.display()));
    if out.exists() {
        let empty = std::fs::read_dir(out).map_err(failed)?.next().is_none();
        if !empty && !out.join(MARK).exists() {
            return Err(
                Failure::user(format!("{} is not empty and was not written by hoist", out.display()))
                    .hint("name another folder"),
            );
        }
        std::fs::remove_dir_all(out).map_err(failed)?;
    }
    std::fs::create_dir_all(out).map_err(failed)?;
    write_atomically(
        &out.join(MARK),
        "written by hoist render; everything here is overwritten\n",
    )
}
