#include "scheduler/dependency_cones.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace crossweave {
namespace {

constexpr int kWordBits = 64;
/// Bounds the memory and the time of a bound: cells of all tables, and base cells looked at to evaluate the cones once.
constexpr std::int64_t kMostTableCells = 4'000'000;
constexpr std::int64_t kMostVisits = 100'000'000;

/// Sets of cells of one axis of the base, one for each cell of a layer above it.
class CellSets {
 public:
  CellSets(std::size_t cells, int base_cells)
      : words_{static_cast<std::size_t>((base_cells + kWordBits - 1) / kWordBits)}, bits_(cells * words_) {}

  void add(std::size_t cell, Interval base_cells) {
    for (int b = base_cells.begin; b < base_cells.end; ++b) {
      bits_[cell * words_ + static_cast<std::size_t>(b / kWordBits)] |= std::uint64_t{1} << (b % kWordBits);
    }
  }
  void add(std::size_t cell, const CellSets& other, std::size_t other_cell) {
    for (std::size_t w = 0; w < words_; ++w) {
      bits_[cell * words_ + w] |= other.bits_[other_cell * words_ + w];
    }
  }
  [[nodiscard]] bool contains(const CellSets& other) const {
    for (std::size_t w = 0; w < bits_.size(); ++w) {
      if ((other.bits_[w] & ~bits_[w]) != 0) {
        return false;
      }
    }
    return true;
  }
  /// Every cell has the same set.
  [[nodiscard]] bool uniform() const {
    for (std::size_t w = words_; w < bits_.size(); ++w) {
      if (bits_[w] != bits_[w - words_]) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] std::int64_t count() const {
    std::int64_t count = 0;
    for (const std::uint64_t word : bits_) {
      count += std::popcount(word);
    }
    return count;
  }

  /// `cuts` are those of the base's axis.
  [[nodiscard]] std::vector<ConeReach> reaches(const std::vector<int>& cuts) const {
    std::vector<ConeReach> result(bits_.size() / words_);
    for (std::size_t cell = 0; cell < result.size(); ++cell) {
      for (std::size_t w = 0; w < words_; ++w) {
        for (std::uint64_t word = bits_[cell * words_ + w]; word != 0; word &= word - 1) {
          const int b = static_cast<int>(w) * kWordBits + std::countr_zero(word);
          result[cell].hull = result[cell].hull.hull({b, b + 1});
          result[cell].extent += cuts[static_cast<std::size_t>(b) + 1] - cuts[static_cast<std::size_t>(b)];
        }
      }
    }
    return result;
  }

  friend bool operator==(const CellSets&, const CellSets&) = default;

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

/// What a layer sees of the base.
struct View {
  CellSets rows;
  CellSets columns;
  Cycles between;
  bool adds_something{true};

  [[nodiscard]] bool contains(const View& other) const {
    return rows.contains(other.rows) && columns.contains(other.columns);
  }
  [[nodiscard]] std::int64_t size() const { return rows.count() * columns.count(); }
  /// All sets of the layer see the same.
  [[nodiscard]] bool uniform() const { return rows.uniform() && columns.uniform(); }
};

CellSets directly(const std::vector<Interval>& needed, int base_cells) {
  CellSets sets{needed.size(), base_cells};
  for (std::size_t cell = 0; cell < needed.size(); ++cell) {
    sets.add(cell, needed[cell]);
  }
  return sets;
}

CellSets behind(const std::vector<Interval>& needed, const CellSets& producer, int base_cells) {
  CellSets sets{needed.size(), base_cells};
  for (std::size_t cell = 0; cell < needed.size(); ++cell) {
    for (int p = needed[cell].begin; p < needed[cell].end; ++p) {
      sets.add(cell, producer, static_cast<std::size_t>(p));
    }
  }
  return sets;
}

Cycles least_cycles(const SetGrid& grid) {
  std::int64_t rows = grid.row(0).size();
  for (int r = 1; r < grid.rows(); ++r) {
    rows = std::min<std::int64_t>(rows, grid.row(r).size());
  }
  std::int64_t columns = grid.column(0).size();
  for (int c = 1; c < grid.columns(); ++c) {
    columns = std::min<std::int64_t>(columns, grid.column(c).size());
  }
  return Cycles{rows * columns};
}

/// Of two paths to the base, the one that shows more of it.
void keep_larger(std::optional<View>& best, View view) {
  if (view.size() == 0) {
    return;
  }
  if (!best) {
    best = std::move(view);
    return;
  }
  const bool larger = view.contains(*best);
  const bool smaller = best->contains(view);
  if (larger && smaller) {
    best->between = std::max(best->between, view.between);
    best->adds_something = best->adds_something && view.adds_something;
  } else if (larger || (!smaller && view.size() > best->size())) {
    best = std::move(view);
  }
}

}  // namespace

DependencyCones::DependencyCones(const IdVector<LayerId, SetGrid>& grids, const SetDependencies& dependencies)
    : cones_(grids.size()) {
  IdVector<LayerId, Cycles> least;
  for (const SetGrid& grid : grids) {
    least.push_back(least_cycles(grid));
  }
  IdVector<LayerId, LayerId> last_reader(grids.size());
  for (const LayerId reader : ids(dependencies)) {
    for (const DependencyPath& path : dependencies[reader]) {
      last_reader[path.producer] = reader;
    }
  }
  std::int64_t table_cells = 0;
  std::int64_t visits = 0;
  IdVector<LayerId, std::optional<View>> views(grids.size());
  for (const LayerId base : ids(grids)) {
    const SetGrid& below = grids[base];
    LayerId horizon = last_reader[base];
    for (std::size_t i = base.value() + 1U; i <= horizon.value(); ++i) {
      const LayerId tip{i};
      std::optional<View>& view = views[tip];
      view.reset();
      for (const DependencyPath& path : dependencies[tip]) {
        if (path.producer == base) {
          keep_larger(view,
                      {directly(path.rows, below.rows()), directly(path.columns, below.columns()), Cycles{}, true});
        } else if (const std::optional<View>& producer = views[path.producer]; producer && path.producer > base) {
          View seen{behind(path.rows, producer->rows, below.rows()),
                    behind(path.columns, producer->columns, below.columns()), producer->between + least[path.producer],
                    true};
          seen.adds_something = seen.rows != producer->rows || seen.columns != producer->columns;
          keep_larger(view, std::move(seen));
        }
      }
      if (!view) {
        continue;
      }
      if (view->adds_something) {
        Cone cone{base, tip, view->rows.reaches(below.row_cuts()), view->columns.reaches(below.column_cuts()),
                  view->between};
        table_cells += static_cast<std::int64_t>(cone.rows.size() + cone.columns.size());
        for (const ConeReach& reach : cone.rows) {
          visits += std::int64_t{reach.hull.size()} * below.columns();
        }
        if (table_cells > kMostTableCells || visits > kMostVisits) {
          return;
        }
        cones_[base].push_back(std::move(cone));
      }
      if (view->uniform()) {
        view.reset();
      } else {
        horizon = std::max(horizon, last_reader[tip]);
      }
    }
  }
}

}  // namespace crossweave
