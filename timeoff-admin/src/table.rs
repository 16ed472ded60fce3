//! Columns for people.

use std::io::{self, Write};

use timeoff_cli::escaped;
use unicode_width::UnicodeWidthStr;

/// Rows whose columns are as wide as their widest cell. Cells are made harmless for a terminal.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Table {
        Table {
            rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()],
        }
    }

    pub(crate) fn add(&mut self, cells: &[&str]) {
        let cells = cells.iter().map(|cell| escaped(cell).into_owned());
        self.rows.push(cells.collect());
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or_default()
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                let gap = width + 2 - cell.width().min(*width);
                line.extend(std::iter::repeat_n(' ', gap));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_aligned_whatever_their_cells_have() {
        let mut table = Table::new(&["NAME", "ROLE", "LAST DAY"]);
        table.add(&["Grace Hopper", "admin", ""]);
        table.add(&["日本", "employee", "2027-12-31"]);
        table.add(&["a\u{1b}[2J", "", "-"]);
        let mut out = Vec::new();
        table.write(&mut out).expect("a vector takes it");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "NAME          ROLE      LAST DAY\n\
             Grace Hopper  admin\n\
             日本          employee  2027-12-31\n\
             a\\u{1b}[2J              -\n"
        );
    }
}
