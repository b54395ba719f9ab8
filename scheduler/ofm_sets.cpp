#include "scheduler/ofm_sets.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "arch/diagnostics.h"

namespace crossweave {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// Cuts of `extent` into `blocks` parts, the larger first, each tiled by `step` from its own start; and the block of
/// each resulting interval.
std::pair<std::vector<int>, std::vector<int>> cut_axis(int extent, int step, int blocks) {
  std::vector<int> cuts{0};
  std::vector<int> block_of;
  int begin = 0;
  for (int block = 0; block < blocks; ++block) {
    const int end = begin + extent / blocks + (block < extent % blocks ? 1 : 0);
    const int stride = step == 0 ? end - begin : step;
    for (int position = begin; position < end; position = std::min(end, position + stride)) {
      cuts.push_back(std::min(end, position + stride));
      block_of.push_back(block);
    }
    begin = end;
  }
  return {std::move(cuts), std::move(block_of)};
}

}  // namespace

AxisGrid::AxisGrid(std::vector<int> row_cuts, std::vector<int> column_cuts)
    : row_cuts_{std::move(row_cuts)}, column_cuts_{std::move(column_cuts)} {}

Interval AxisGrid::touching(const std::vector<int>& cuts, Interval interval) {
  if (interval.empty()) {
    return {0, 0};
  }
  const auto first = std::upper_bound(cuts.begin(), cuts.end(), interval.begin) - 1;
  const auto last = std::lower_bound(cuts.begin(), cuts.end(), interval.end);
  return {static_cast<int>(first - cuts.begin()), static_cast<int>(last - cuts.begin())};
}

std::optional<BlockGrid> block_grid(const Shape& ofm, int duplicates) {
  std::optional<BlockGrid> best;
  const auto rank = [&](BlockGrid grid) {
    const std::int64_t largest = std::int64_t{ceil_div(ofm.height, grid.rows)} * ceil_div(ofm.width, grid.columns);
    return std::tuple{largest, std::abs(grid.rows - grid.columns), grid.rows};
  };
  for (int rows = 1; rows <= std::min(duplicates, ofm.height); ++rows) {
    const BlockGrid grid{rows, duplicates / rows};
    if (duplicates % rows != 0 || grid.columns > ofm.width) {
      continue;
    }
    if (!best || rank(grid) < rank(*best)) {
      best = grid;
    }
  }
  return best;
}

SetGrid::SetGrid(const Shape& ofm, SetSize set) : SetGrid{ofm, set, BlockGrid{}} {}

SetGrid::SetGrid(const Shape& ofm, SetSize set, BlockGrid blocks) : blocks_{blocks} {
  auto [row_cuts, block_of_row] = cut_axis(ofm.height, set.rows, blocks.rows);
  auto [column_cuts, block_of_column] = cut_axis(ofm.width, set.columns, blocks.columns);
  AxisGrid::operator=(AxisGrid{std::move(row_cuts), std::move(column_cuts)});
  block_of_row_ = std::move(block_of_row);
  block_of_column_ = std::move(block_of_column);
}

SetCycles::SetCycles(const SetGrid& grid) : size_{grid.size()}, of_each_{grid.cycles(SetId{0})} {
  bool alike = true;
  for (int r = 0; r < grid.rows(); ++r) {
    for (int c = 0; c < grid.columns(); ++c) {
      table_.push_back(Cycles{std::int64_t{grid.row(r).size()} * grid.column(c).size()});
      alike = alike && table_.back() == of_each_;
    }
  }
  if (alike) {
    table_ = {};
  }
}

SetGrid determine_sets(const Shape& ofm, SetSize set, Partition partition, int duplicates) {
  if (partition != Partition::blocks) {
    return SetGrid{ofm, set};
  }
  const std::optional<BlockGrid> blocks = block_grid(ofm, duplicates);
  check_invariant(blocks.has_value(), "the number of duplicates is admissible");
  return SetGrid{ofm, set, *blocks};
}

}  // namespace crossweave
