// Stage I of CLSA-CIM: each OFM is cut into sets, the units of scheduling.
#pragma once

#include <optional>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/geometry.h"
#include "scheduler/mapping_options.h"

namespace crossweave {

/// A map cut along its rows and its columns. Cell (r, c) has index r * columns() + c. Sets of `blocks` partitions,
/// which tile each block from its own corner, are such a grid too, as blocks are cut along whole rows and columns.
class AxisGrid {
 public:
  AxisGrid() = default;
  /// `cuts` ascend from 0 to the extent; both included.
  AxisGrid(std::vector<int> row_cuts, std::vector<int> column_cuts);

  [[nodiscard]] int rows() const { return static_cast<int>(row_cuts_.size()) - 1; }
  [[nodiscard]] int columns() const { return static_cast<int>(column_cuts_.size()) - 1; }
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(rows()) * static_cast<std::size_t>(columns());
  }
  [[nodiscard]] Interval row(int r) const { return {row_cuts_[index(r)], row_cuts_[index(r) + 1]}; }
  [[nodiscard]] Interval column(int c) const { return {column_cuts_[index(c)], column_cuts_[index(c) + 1]}; }
  [[nodiscard]] const std::vector<int>& row_cuts() const { return row_cuts_; }
  [[nodiscard]] const std::vector<int>& column_cuts() const { return column_cuts_; }

  /// The grid rows (or columns) that intersect an interval of map rows (or columns).
  [[nodiscard]] Interval rows_touching(Interval map_rows) const { return touching(row_cuts_, map_rows); }
  [[nodiscard]] Interval columns_touching(Interval map_columns) const { return touching(column_cuts_, map_columns); }

  friend bool operator==(const AxisGrid&, const AxisGrid&) = default;

 protected:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

 private:
  static Interval touching(const std::vector<int>& cuts, Interval interval);

  std::vector<int> row_cuts_{0};
  std::vector<int> column_cuts_{0};
};

/// The factor pair of a `blocks` partition.
struct BlockGrid {
  int rows{1};     ///< dh
  int columns{1};  ///< dw

  friend bool operator==(BlockGrid, BlockGrid) = default;
};

/// The dh x dw = duplicates grid with the smallest ceil(H / dh) * ceil(W / dw); ties: smallest |dh - dw|, then smallest
/// dh. None when every pair has dh > H or dw > W.
[[nodiscard]] std::optional<BlockGrid> block_grid(const Shape& ofm, int duplicates);

/// The sets of one layer.
class SetGrid : public AxisGrid {
 public:
  SetGrid() = default;
  /// `interleaved` and `dispatch`: tiled from the map's top-left corner. An extent of 0 means the whole extent.
  SetGrid(const Shape& ofm, SetSize set);
  /// `blocks`: each block is tiled from its own top-left corner; block extents along an axis differ by at most one,
  /// larger ones first.
  SetGrid(const Shape& ofm, SetSize set, BlockGrid blocks);

  [[nodiscard]] SetId id(int r, int c) const { return SetId{index(r) * index(columns()) + index(c)}; }
  [[nodiscard]] int row_of(SetId set) const { return static_cast<int>(set.value()) / columns(); }
  [[nodiscard]] int column_of(SetId set) const { return static_cast<int>(set.value()) % columns(); }
  [[nodiscard]] Rect rect(SetId set) const { return {row(row_of(set)), column(column_of(set))}; }
  /// Pixels of the set: the cycles that it takes on its PEs.
  [[nodiscard]] Cycles cycles(SetId set) const { return Cycles{rect(set).area()}; }

  /// The block a set lies in, counted row by row; always 0 for the others.
  [[nodiscard]] DuplicateId block_of(SetId set) const {
    return DuplicateId{
        index(block_of_row_[index(row_of(set))] * blocks_.columns + block_of_column_[index(column_of(set))])};
  }

 private:
  BlockGrid blocks_;
  std::vector<int> block_of_row_;
  std::vector<int> block_of_column_;
};

/// The cycles of each set of a grid, looked up fast; a table only where sets differ in size.
class SetCycles {
 public:
  SetCycles() = default;
  explicit SetCycles(const SetGrid& grid);

  [[nodiscard]] Cycles operator[](SetId set) const { return table_.empty() ? of_each_ : table_[set]; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_{0};
  Cycles of_each_;
  IdVector<SetId, Cycles> table_;
};

/// Stage I for one layer with `duplicates` copies. The duplicates must be admissible.
[[nodiscard]] SetGrid determine_sets(const Shape& ofm, SetSize set, Partition partition, int duplicates);

}  // namespace crossweave
