//! Who goes with whom, so that the total score is greatest.

use std::collections::BTreeMap;

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

/// Pairs of row and column with the greatest total, from some cells of a table. What has nothing
/// to do with each other is settled apart.
pub(super) fn assign_sparse(cells: Vec<(u32, usize, usize)>) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = groups(cells)
        .into_iter()
        .flat_map(|it| assign_group(&it))
        .collect();
    pairs.sort_unstable();
    pairs
}

fn assign_group(cells: &[(u32, usize, usize)]) -> Vec<(usize, usize)> {
    let ranks = |mut all: Vec<usize>| {
        all.sort_unstable();
        all.dedup();
        all
    };
    let rows = ranks(cells.iter().map(|it| it.1).collect());
    let columns = ranks(cells.iter().map(|it| it.2).collect());
    let rank = |all: &[usize], idx: usize| all.partition_point(|it| *it < idx);
    let ranked = cells
        .iter()
        .map(|(score, row, column)| (*score, rank(&rows, *row), rank(&columns, *column)));
    let pairs = if rows.len().max(columns.len()) > EXACT_LEN_MAX {
        best_first(ranked, rows.len(), columns.len())
    } else {
        let mut scores = vec![vec![0; columns.len()]; rows.len()];
        for (score, row, column) in ranked {
            scores[row][column] = score;
        }
        assign(&scores)
    };
    let pairs = pairs.into_iter();
    pairs
        .map(|(row, column)| (rows[row], columns[column]))
        .collect()
}

/// Cells that share rows or columns, directly or through others.
fn groups(cells: Vec<(u32, usize, usize)>) -> Vec<Vec<(u32, usize, usize)>> {
    let n_rows = cells.iter().map(|it| it.1 + 1).max().unwrap_or(0);
    let n_columns = cells.iter().map(|it| it.2 + 1).max().unwrap_or(0);
    let mut parents: Vec<usize> = (0..n_rows + n_columns).collect();
    for (_, row, column) in &cells {
        let (a, b) = (
            root(&mut parents, *row),
            root(&mut parents, n_rows + column),
        );
        parents[a.max(b)] = a.min(b);
    }
    let mut groups: BTreeMap<usize, Vec<(u32, usize, usize)>> = BTreeMap::new();
    for cell in cells {
        groups
            .entry(root(&mut parents, cell.1))
            .or_default()
            .push(cell);
    }
    groups.into_values().collect()
}

fn root(parents: &mut [usize], mut idx: usize) -> usize {
    while parents[idx] != idx {
        parents[idx] = parents[parents[idx]];
        idx = parents[idx];
    }
    idx
}
