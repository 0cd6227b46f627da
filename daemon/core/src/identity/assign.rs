//! Who goes with whom, so that the total score is greatest.

use pathfinding::{matrix::Matrix, prelude::kuhn_munkres};

/// Above this many rows or columns the exact method, which is cubic, gives way to a greedy one.
const EXACT_LEN_MAX: usize = 320;

/// Pairs of row and column, each at most once, with the greatest total; a score of 0 is no pair.
pub(super) fn assign(scores: &[Vec<u32>]) -> Vec<(usize, usize)> {
    let (n_rows, n_columns) = (scores.len(), scores.first().map_or(0, Vec::len));
    if n_rows == 0 || n_columns == 0 {
        return Vec::new();
    }
    if n_rows.max(n_columns) > EXACT_LEN_MAX {
        return greedily(scores);
    }
    exactly(scores, n_rows, n_columns)
}

/// Kuhn and Munkres ("Hungarian") wants no more rows than columns.
fn exactly(scores: &[Vec<u32>], n_rows: usize, n_columns: usize) -> Vec<(usize, usize)> {
    let turned = n_rows > n_columns;
    let (height, width) = if turned {
        (n_columns, n_rows)
    } else {
        (n_rows, n_columns)
    };
    let score = |(row, column): (usize, usize)| {
        i64::from(if turned {
            scores[column][row]
        } else {
            scores[row][column]
        })
    };
    let (_, columns) = kuhn_munkres(&Matrix::from_fn(height, width, score));
    let pairs = columns.into_iter().enumerate();
    let pairs = pairs.map(|(row, column)| if turned { (column, row) } else { (row, column) });
    pairs
        .filter(|(row, column)| scores[*row][*column] > 0)
        .collect()
}

fn greedily(scores: &[Vec<u32>]) -> Vec<(usize, usize)> {
    let cells = scores.iter().enumerate().flat_map(|(row, line)| {
        let columns = line.iter().enumerate();
        columns.map(move |(column, score)| (*score, row, column))
    });
    best_first(cells, scores.len(), scores.first().map_or(0, Vec::len))
}

/// Pairs of row and column, each at most once, the best first, from some cells of a table.
pub(super) fn best_first(
    cells: impl Iterator<Item = (u32, usize, usize)>,
    n_rows: usize,
    n_columns: usize,
) -> Vec<(usize, usize)> {
    let mut cells: Vec<_> = cells.filter(|(score, _, _)| *score > 0).collect();
    cells.sort_unstable_by_key(|(score, row, column)| (u32::MAX - score, *row, *column));
    let mut rows = vec![false; n_rows];
    let mut columns = vec![false; n_columns];
    cells.retain(|(_, row, column)| {
        let free = !rows[*row] && !columns[*column];
        rows[*row] |= free;
        columns[*column] |= free;
        free
    });
    cells
        .into_iter()
        .map(|(_, row, column)| (row, column))
        .collect()
}
