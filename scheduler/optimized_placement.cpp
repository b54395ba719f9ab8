#include "scheduler/optimized_placement.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <utility>

#include "scheduler/execution_plan.h"

namespace crossweave {
namespace {

// --- positions ---

/// Evaluated moves: enough for a hundred tiles to settle, few enough for thousands to cost less than a second.
constexpr std::int64_t kMovesPerTile = 5000;
constexpr std::int64_t kMostMoves = 2'000'000;
/// The threshold falls in so many steps to 0.
constexpr std::int64_t kSteps = 100;
constexpr int kSamples = 200;

class PositionSearch {
 public:
  PositionSearch(const Placement& start, const std::vector<TrafficFlow>& traffic, const NocSpec& noc)
      : geometry_{geometry_of(start, noc)},
        concentration_{static_cast<std::size_t>(noc.concentration)},
        position_{start.position.raw()},
        flows_(position_.size() + 1),
        place_of_(position_.size()),
        tile_at_(
            static_cast<std::size_t>(geometry_.columns) * static_cast<std::size_t>(geometry_.rows) * concentration_,
            kNobody) {
    position_.push_back(kDramPosition);
    for (const TrafficFlow& flow : traffic) {
      flows_[flow.a.value()].push_back({flow.b.value(), flow.size.count()});
      flows_[flow.b.value()].push_back({flow.a.value(), flow.size.count()});
    }
    for (std::size_t tile = 0; tile < place_of_.size(); ++tile) {
      std::size_t place = first_place(position_[tile]);
      while (tile_at_[place] != kNobody) {
        ++place;
      }
      tile_at_[place] = tile;
      place_of_[tile] = place;
      if (!flows_[tile].empty()) {
        talking_.push_back(tile);
      }
    }
  }

  /// The best positions found.
  [[nodiscard]] IdVector<TileId, MeshPosition> run() {
    std::vector<std::size_t> best = place_of_;
    if (!talking_.empty()) {
      const std::int64_t first_threshold = 2 * typical_change();
      const std::int64_t moves = std::min(kMovesPerTile * static_cast<std::int64_t>(talking_.size()), kMostMoves);
      std::int64_t gain = 0;
      std::int64_t best_gain = 0;
      for (std::int64_t step = kSteps - 1; step >= 0; --step) {
        const std::int64_t threshold = first_threshold * step / kSteps * step / kSteps * step / kSteps;
        for (std::int64_t i = 0; i < moves / kSteps; ++i) {
          const Move move = draw();
          const std::int64_t change = change_by(move);
          if (change <= threshold) {
            make(move);
            gain -= change;
            if (gain > best_gain) {
              best_gain = gain;
              best = place_of_;
            }
          }
        }
      }
    }
    IdVector<TileId, MeshPosition> positions;
    for (const std::size_t place : best) {
      positions.push_back(position_at(place));
    }
    return positions;
  }

 private:
  static constexpr std::size_t kNobody = ~std::size_t{0};

  struct Flow {
    std::size_t other;
    std::int64_t bytes;
  };
  /// The tile goes to the place, and whoever is there takes the tile's.
  struct Move {
    std::size_t tile;
    std::size_t place;
  };

  [[nodiscard]] std::size_t first_place(MeshPosition router) const {
    return static_cast<std::size_t>(router.y * geometry_.columns + router.x) * concentration_;
  }
  [[nodiscard]] MeshPosition position_at(std::size_t place) const {
    const auto router = static_cast<int>(place / concentration_);
    return {router % geometry_.columns, router / geometry_.columns};
  }
  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }

  /// Half of the moves go anywhere, half beside a partner of the tile.
  [[nodiscard]] Move draw() {
    const std::size_t tile = talking_[below(talking_.size())];
    if (below(2) == 0) {
      return {tile, below(tile_at_.size())};
    }
    MeshPosition to = position_[flows_[tile][below(flows_[tile].size())].other];
    const int step = below(2) == 0 ? 1 : -1;
    if (below(2) == 0) {
      to.x = (to.x + step + geometry_.columns) % geometry_.columns;
    } else {
      to.y = (to.y + step + geometry_.rows) % geometry_.rows;
    }
    return {tile, first_place(to) + below(concentration_)};
  }

  /// Change in byte-hops when a tile goes to a router. The way to `partner`, with whom it changes places, stays as
  /// long.
  [[nodiscard]] std::int64_t change_of(std::size_t tile, MeshPosition to, std::size_t partner) const {
    std::int64_t change = 0;
    for (const Flow& flow : flows_[tile]) {
      if (flow.other != partner) {
        change += flow.bytes * (geometry_.routers_between(to, position_[flow.other]) -
                                geometry_.routers_between(position_[tile], position_[flow.other]));
      }
    }
    return change;
  }

  [[nodiscard]] std::int64_t change_by(const Move& move) const {
    const std::size_t other = tile_at_[move.place];
    if (other == move.tile) {
      return 0;
    }
    const std::int64_t change = change_of(move.tile, position_at(move.place), other);
    return other == kNobody ? change : change + change_of(other, position_[move.tile], move.tile);
  }

  void make(const Move& move) {
    const std::size_t from = place_of_[move.tile];
    const std::size_t other = std::exchange(tile_at_[move.place], move.tile);
    tile_at_[from] = other;
    place_of_[move.tile] = move.place;
    position_[move.tile] = position_at(move.place);
    if (other != kNobody) {
      place_of_[other] = from;
      position_[other] = position_at(from);
    }
  }

  [[nodiscard]] std::int64_t typical_change() {
    std::int64_t sum = 0;
    for (int i = 0; i < kSamples; ++i) {
      sum += std::abs(change_by(draw()));
    }
    return sum / kSamples;
  }

  NocGeometry geometry_;
  std::size_t concentration_;
  std::vector<MeshPosition> position_;    ///< by endpoint: of the tiles, then of the DRAM
  std::vector<std::vector<Flow>> flows_;  ///< the same
  std::vector<std::size_t> talking_;      ///< tiles with flows
  std::vector<std::size_t> place_of_;     ///< by tile
  std::vector<std::size_t> tile_at_;      ///< by place: router * concentration_ + number
  std::mt19937_64 random_{0};             // NOLINT(cert-msc51-cpp): the same every time
};

// --- grouping ---

/// Duplicates of different layers that compute the same part of the image lie together, in graph order: under
/// `partition: blocks` they feed one another.
std::vector<LayerCopy> by_part_of_image(const Duplicates& duplicates) {
  std::vector<LayerCopy> copies = copies_in_graph_order(duplicates);
  std::ranges::stable_sort(copies, [&duplicates](const LayerCopy& a, const LayerCopy& b) {
    // The middle of duplicate d's part is at (2 d + 1) / 2 D.
    return (2 * std::int64_t{a.duplicate.value()} + 1) * duplicates[b.layer] <
           (2 * std::int64_t{b.duplicate.value()} + 1) * duplicates[a.layer];
  });
  return copies;
}

}  // namespace

Placement improve_positions(Placement start, const std::vector<TrafficFlow>& traffic, const NocSpec& noc) {
  start.position = PositionSearch{start, traffic, noc}.run();
  return start;
}

Placement place_optimized(const ScheduledNetwork& network, const Architecture& architecture) {
  const Placement snake = place_snake(network, architecture);
  std::vector<Placement> groupings{snake};
  const std::vector<LayerCopy> layers = copies_in_graph_order(network.duplicates);
  const std::vector<LayerCopy> parts = by_part_of_image(network.duplicates);
  for (const auto& [copies, filling] :
       {std::pair{&layers, Filling::whole}, {&parts, Filling::dense}, {&parts, Filling::whole}}) {
    groupings.push_back(place_on_tiles(network, architecture,
                                       fill_tiles(network, architecture.tile, snake.position.size(), *copies, filling),
                                       snake.position));
  }
  std::optional<std::int64_t> fewest;
  Placement best;
  for (const Placement& grouping : groupings) {
    const std::vector<TrafficFlow> traffic = traffic_of(make_execution_plan(network, architecture, grouping));
    Placement improved = improve_positions(grouping, traffic, architecture.noc);
    const std::int64_t cost = byte_hops(traffic, improved, architecture.noc);
    if (!fewest || cost < *fewest) {
      fewest = cost;
      best = std::move(improved);
    }
  }
  return best;
}

}  // namespace crossweave
