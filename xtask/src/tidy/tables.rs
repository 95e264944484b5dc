//! The tables of Markdown pages, as far as the rules read them.

/// A table: where its rows stand, and what is in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line in its file, counted from 1.
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// All tables of a page; what stands in fenced code is none.
pub(super) fn tables(page: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut fenced = false;
    let mut previous: Option<Vec<String>> = None;
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let Some(cells) = cells(line).filter(|_| !fenced) else {
            previous = None;
            inside = false;
            continue;
        };
        if inside {
            if let Some(Table { rows, .. }) = tables.last_mut() {
                rows.push(Row { line: index + 1, cells });
            }
        } else if is_delimiter(&cells) {
            if let Some(header) = previous.take() {
                tables.push(Table { header, rows: Vec::new() });
                inside = true;
            }
        } else {
            previous = Some(cells);
        }
    }
    tables
}

/// The cells of a line that begins and ends with `|`; `\|` does not part them.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in inner.chars() {
        match cells.last_mut() {
            Some(cell) if c != '|' || escaped => cell.push(c),
            _ => cells.push(String::new()),
        }
        escaped = c == '\\';
    }
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

fn is_delimiter(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':')))
}

/// What stands in a cell between backticks.
pub(super) fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_tables_and_their_lines() {
        let page = "# A\n\n| a | b |\n|---|:-:|\n| `x`, `y` | two \\| three |\n\ntext | no\n\
                    ```text\n| c | d |\n|---|---|\n| e | f |\n```\n";
        let tables = tables(page);
        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].header, ["a", "b"]);
        assert_eq!(tables[0].rows.len(), 1);
        assert_eq!(tables[0].rows[0].line, 5);
        assert_eq!(tables[0].rows[0].cells, ["`x`, `y`", "two \\| three"]);
    }

    #[test]
    fn code_is_what_stands_between_backticks() {
        assert_eq!(code("`Client::get`, or `x` of it"), ["Client::get", "x"]);
        assert_eq!(code("none"), Vec::<&str>::new());
    }
}
