// Stage I: do the sets tile every OFM as the method says?
#include "scheduler/ofm_sets.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

const std::vector<SetSize> kSetSizes{{1, 1}, {1, 0}, {0, 1}, {2, 2}, {2, 3}, {4, 4}, {0, 0}, {5, 100}};

/// Every pixel is in exactly one set, and its set is the one that `touching` finds.
void check_cover(const SetGrid& grid, const Shape& ofm) {
  std::vector<int> painted(static_cast<std::size_t>(ofm.pixels()));
  std::int64_t cycles = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    const SetId set{i};
    const Rect rect = grid.rect(set);
    CHECK(!rect.empty());
    CHECK(grid.id(grid.row_of(set), grid.column_of(set)) == set);
    CHECK(grid.cycles(set) == Cycles{rect.area()});
    cycles += grid.cycles(set).count();
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
        ++painted[static_cast<std::size_t>(y * ofm.width + x)];
      }
    }
  }
  CHECK(cycles == ofm.pixels());
  CHECK(std::ranges::count(painted, 1) == ofm.pixels());
}

/// The rule in the method's words, over every pair.
std::optional<BlockGrid> brute_force_block_grid(const Shape& ofm, int duplicates) {
  std::optional<BlockGrid> best;
  std::array<int, 3> best_rank{};
  for (int dh = 1; dh <= duplicates; ++dh) {
    for (int dw = 1; dw <= duplicates; ++dw) {
      if (dh * dw != duplicates || dh > ofm.height || dw > ofm.width) {
        continue;
      }
      const int largest = ((ofm.height + dh - 1) / dh) * ((ofm.width + dw - 1) / dw);
      const std::array<int, 3> rank{largest, std::abs(dh - dw), dh};
      if (!best || rank < best_rank) {
        best = BlockGrid{dh, dw};
        best_rank = rank;
      }
    }
  }
  return best;
}

/// Extents of `blocks` parts of `extent`: by dealing out one position after the other.
std::vector<int> dealt(int extent, int blocks) {
  std::vector<int> sizes(static_cast<std::size_t>(blocks));
  for (int i = 0; i < extent; ++i) {
    ++sizes[static_cast<std::size_t>(i % blocks)];
  }
  return sizes;
}

/// Cuts of an axis whose blocks are tiled one by one.
std::vector<int> expected_cuts(int extent, int step, int blocks) {
  std::vector<int> cuts{0};
  for (const int size : dealt(extent, blocks)) {
    const int begin = cuts.back();
    for (int i = 1; i <= size; ++i) {
      if (i == size || (step != 0 && i % step == 0)) {
        cuts.push_back(begin + i);
      }
    }
  }
  return cuts;
}

}  // namespace

TEST_CASE("sets are tiled from the top-left corner and clipped at the far edges", "[sets]") {
  const SetGrid grid{{10, 7, 3}, SetSize{4, 3}};
  CHECK(grid.row_cuts() == std::vector<int>{0, 4, 8, 10});
  CHECK(grid.column_cuts() == std::vector<int>{0, 3, 6, 7});
  CHECK(grid.size() == 9);
  CHECK(grid.rect(SetId{5}) == Rect{{4, 8}, {6, 7}});
  CHECK(grid.cycles(SetId{8}) == Cycles{2});
  for (std::size_t i = 0; i < grid.size(); ++i) {
    CHECK(grid.block_of(SetId{i}) == DuplicateId{0});
  }
}

TEST_CASE("an extent of 0 is the whole extent, of the map or of the block", "[sets]") {
  const Shape ofm{7, 5, 2};
  CHECK(SetGrid{ofm, SetSize{0, 0}}.size() == 1);
  CHECK(SetGrid{ofm, SetSize{1, 0}}.size() == 7);
  CHECK(SetGrid{ofm, SetSize{0, 2}}.column_cuts() == std::vector<int>{0, 2, 4, 5});
  const SetGrid blocks{ofm, SetSize{0, 0}, BlockGrid{2, 3}};
  CHECK(blocks.row_cuts() == std::vector<int>{0, 4, 7});
  CHECK(blocks.column_cuts() == std::vector<int>{0, 2, 4, 5});
}

TEST_CASE("sets of blocks are tiled from each block's own corner", "[sets]") {
  // Rows 11 = 4 + 4 + 3, columns 9 = 5 + 4.
  const SetGrid grid{{11, 9, 1}, SetSize{3, 2}, BlockGrid{3, 2}};
  CHECK(grid.row_cuts() == std::vector<int>{0, 3, 4, 7, 8, 11});
  CHECK(grid.column_cuts() == std::vector<int>{0, 2, 4, 5, 7, 9});
  CHECK(grid.block_of(grid.id(0, 0)) == DuplicateId{0});
  CHECK(grid.block_of(grid.id(1, 2)) == DuplicateId{0});
  CHECK(grid.block_of(grid.id(1, 3)) == DuplicateId{1});
  CHECK(grid.block_of(grid.id(2, 2)) == DuplicateId{2});
  CHECK(grid.block_of(grid.id(4, 4)) == DuplicateId{5});
}

TEST_CASE("every partition of every small map is an exact cover", "[sets]") {
  for (int h = 1; h <= 9; ++h) {
    for (int w = 1; w <= 9; w += 2) {
      const Shape ofm{h, w, 4};
      for (const SetSize set : kSetSizes) {
        CAPTURE(h, w, set.rows, set.columns);
        check_cover(determine_sets(ofm, set, Partition::interleaved, 3), ofm);
        for (int d = 1; d <= 12; ++d) {
          const std::optional<BlockGrid> blocks = block_grid(ofm, d);
          if (!blocks) {
            continue;
          }
          CAPTURE(d);
          const SetGrid grid = determine_sets(ofm, set, Partition::blocks, d);
          check_cover(grid, ofm);
          CHECK(grid.row_cuts() == expected_cuts(h, set.rows, blocks->rows));
          CHECK(grid.column_cuts() == expected_cuts(w, set.columns, blocks->columns));
          // Blocks differ by at most one along an axis, larger first; together they hold every set.
          std::vector<std::int64_t> pixels(static_cast<std::size_t>(d));
          for (std::size_t i = 0; i < grid.size(); ++i) {
            pixels[grid.block_of(SetId{i}).value()] += grid.rect(SetId{i}).area();
          }
          std::vector<std::int64_t> expected;
          for (const int rows : dealt(h, blocks->rows)) {
            for (const int columns : dealt(w, blocks->columns)) {
              expected.push_back(std::int64_t{rows} * columns);
            }
          }
          CHECK(pixels == expected);
        }
      }
    }
  }
}

TEST_CASE("the block grid is the best factor pair, ties by squareness, then by few rows", "[sets]") {
  CHECK(block_grid({10, 10, 1}, 4) == BlockGrid{2, 2});
  CHECK(block_grid({10, 10, 1}, 1) == BlockGrid{1, 1});
  CHECK(block_grid({10, 3, 1}, 4) == BlockGrid{4, 1});
  // 6 = 2 x 3 = 3 x 2 on a square map: 12 pixels either way, as square either way; two rows of blocks win.
  CHECK(block_grid({6, 6, 1}, 6) == BlockGrid{2, 3});
  // 1 x 4, 2 x 2, 4 x 1 of 16 pixels: the square one.
  CHECK(block_grid({8, 8, 1}, 4) == BlockGrid{2, 2});
  CHECK(block_grid({5, 3, 1}, 7) == std::nullopt);
  CHECK(block_grid({1, 7, 1}, 7) == BlockGrid{1, 7});
  for (int h = 1; h <= 14; ++h) {
    for (int w = 1; w <= 14; ++w) {
      for (int d = 1; d <= 40; ++d) {
        CAPTURE(h, w, d);
        CHECK(block_grid({h, w, 5}, d) == brute_force_block_grid({h, w, 5}, d));
      }
    }
  }
}

TEST_CASE("the cells that touch an interval are those that share a position with it", "[sets]") {
  // Repeated cuts make empty cells: the results of sets whose windows end elsewhere.
  const AxisGrid grid{{0, 3, 4, 4, 9}, {0, 5}};
  for (int begin = 0; begin <= 9; ++begin) {
    for (int end = begin; end <= 9; ++end) {
      const Interval interval{begin, end};
      const Interval cells = grid.rows_touching(interval);
      CAPTURE(begin, end, cells.begin, cells.end);
      for (int r = 0; r < grid.rows(); ++r) {
        const bool shares = !grid.row(r).intersect(interval).empty();
        const bool found = cells.begin <= r && r < cells.end;
        CHECK((grid.row(r).empty() || shares == found));
      }
      CHECK(cells.empty() == interval.empty());
    }
  }
}

TEST_CASE("an inadmissible number of blocks is a broken invariant", "[sets]") {
  CHECK_THROWS_AS(determine_sets({5, 3, 1}, {1, 1}, Partition::blocks, 7), InternalError);
}

}  // namespace crossweave
