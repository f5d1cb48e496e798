//! Plain tables: columns as wide as their widest cell, no frames.

/// Rows under a heading. Colour codes do not count as width.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|cell| console::measure_text_width(cell)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(console::measure_text_width(cell));
        }
    }
    let line = |cells: Vec<&str>| {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            line.push_str(cell);
            if index + 1 < cells.len() {
                line.push_str(&" ".repeat(widths[index].saturating_sub(console::measure_text_width(cell)) + 2));
            }
        }
        line.trim_end().to_owned() + "\n"
    };
    let mut out = line(heading.to_vec());
    for row in rows {
        out.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![
            vec!["a".to_owned(), "long cell".to_owned(), "x".to_owned()],
            vec!["name".to_owned(), String::new(), "y".to_owned()],
        ];
        insta::assert_snapshot!(table(&["NAME", "STATE", "NOTE"], &rows), @r"
        NAME  STATE      NOTE
        a     long cell  x
        name             y
        ");
    }
}
