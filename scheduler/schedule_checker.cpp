#include "scheduler/schedule_checker.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace crossweave {
namespace {

/// When each pixel of one OFM exists; unset: never computed.
class PixelTimes {
 public:
  explicit PixelTimes(const Shape& ofm)
      : width_{ofm.width}, height_{ofm.height}, times_(static_cast<std::size_t>(ofm.pixels())) {}

  /// False when a pixel was painted before.
  bool paint(const Rect& rect, Cycles time) {
    bool fresh = true;
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
        fresh = fresh && !at(y, x);
        at(y, x) = time;
      }
    }
    latest_ = std::max(latest_, time);
    return fresh;
  }

  [[nodiscard]] bool complete() const {
    return std::ranges::all_of(times_, [](const auto& time) { return time.has_value(); });
  }

  [[nodiscard]] Cycles latest(const Rect& rect) const {
    if (rect == Rect{{0, height_}, {0, width_}}) {
      return latest_;
    }
    Cycles latest;
    for (int y = rect.rows.begin; y < rect.rows.end; ++y) {
      for (int x = rect.columns.begin; x < rect.columns.end; ++x) {
        latest = std::max(latest, at(y, x).value_or(Cycles{}));
      }
    }
    return latest;
  }

 private:
  [[nodiscard]] std::optional<Cycles>& at(int y, int x) {
    return times_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
  }
  [[nodiscard]] const std::optional<Cycles>& at(int y, int x) const {
    return times_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
  }

  int width_;
  int height_;
  std::vector<std::optional<Cycles>> times_;
  Cycles latest_;
};

class Checker {
 public:
  Checker(const ScheduledNetwork& network, std::size_t limit)
      : network_{network}, limit_{limit}, layer_of_(network.mapped.graph.size()) {
    for (const LayerId layer : ids(network.mapped.layers)) {
      layer_of_[network.mapped.layers[layer].operation] = layer;
    }
  }

  std::vector<std::string> run() {
    const Schedule& schedule = network_.schedule;
    if (schedule.layers.size() != network_.mapped.layers.size()) {
      report("the schedule has " + std::to_string(schedule.layers.size()) + " layers, the network " +
             std::to_string(network_.mapped.layers.size()));
      return std::move(violations_);
    }
    for (const LayerId layer : ids(network_.mapped.layers)) {
      existence_.push_back(PixelTimes{network_.mapped.layers[layer].ofm});
      check_sequences(layer);
      check_starts(layer);
    }
    if (schedule.mode == ScheduleMode::layer_by_layer) {
      check_barriers();
    }
    return std::move(violations_);
  }

 private:
  void report(std::string what) {
    if (violations_.size() < limit_) {
      violations_.push_back(std::move(what));
    }
  }

  [[nodiscard]] std::string name(LayerId layer, SetId set) const {
    return "layer " + network_.mapped.layers[layer].name + ", set " + std::to_string(set.value());
  }

  void check_sequences(LayerId layer) {
    const SetGrid& grid = network_.grids[layer];
    const LayerSchedule& scheduled = network_.schedule.layers[layer];
    if (scheduled.sequence.size() != static_cast<std::size_t>(network_.duplicates[layer])) {
      report("layer " + network_.mapped.layers[layer].name + " is not scheduled on its duplicates");
    }
    for (const std::vector<SetId>& sequence : scheduled.sequence) {
      Cycles free;
      for (const SetId set : sequence) {
        if (set.value() >= grid.size()) {
          report(name(layer, set) + " does not exist");
          continue;
        }
        if (scheduled.start[set] < free) {
          report(name(layer, set) + " starts while its crossbars compute another set");
        }
        free = scheduled.finish[set];
        if (free - scheduled.start[set] != Cycles{grid.rect(set).area()}) {
          report(name(layer, set) + " does not take one cycle a pixel");
        }
        if (!existence_[layer].paint(grid.rect(set), free)) {
          report(name(layer, set) + " computes an element that was computed before");
        }
      }
    }
    if (!existence_[layer].complete()) {
      report("layer " + network_.mapped.layers[layer].name + ": some OFM elements are never computed");
    }
  }

  void check_starts(LayerId layer) {
    const SetGrid& grid = network_.grids[layer];
    const LayerSchedule& scheduled = network_.schedule.layers[layer];
    for (std::size_t i = 0; i < grid.size(); ++i) {
      const SetId set{i};
      if (scheduled.start[set] < inputs_exist(network_.mapped.layers[layer].operation, grid.rect(set))) {
        report(name(layer, set) + " starts before its inputs exist");
      }
    }
  }

  /// When all that `region` of an operation's output needs of base layers exists.
  [[nodiscard]] Cycles inputs_exist(OperationId consumer, const Rect& region) {
    Cycles latest;
    pending_.clear();
    visited_.clear();
    pending_.emplace_back(consumer, region);
    while (!pending_.empty()) {
      const auto [id, output] = pending_.back();
      pending_.pop_back();
      const Operation& operation = network_.mapped.graph[id];
      for (std::size_t i = 0; i < operation.inputs.size(); ++i) {
        const OperationId input = operation.inputs[i];
        const Rect needed = network_.mapped.graph.input_region(id, i, output);
        if (needed.empty()) {
          continue;
        }
        if (is_base(network_.mapped.graph[input].kind)) {
          latest = std::max(latest, existence_[layer_of_[input]].latest(needed));
        } else if (visited_.emplace(input, needed.rows.begin, needed.rows.end, needed.columns.begin, needed.columns.end)
                       .second) {
          pending_.emplace_back(input, needed);
        }
      }
    }
    return latest;
  }

  void check_barriers() {
    Cycles finished;
    for (const LayerId layer : ids(network_.mapped.layers)) {
      const LayerSchedule& scheduled = network_.schedule.layers[layer];
      if (scheduled.first_start() < finished) {
        report("layer " + network_.mapped.layers[layer].name + " starts before the layer before it has finished");
      }
      finished = std::max(finished, scheduled.last_finish());
    }
  }

  const ScheduledNetwork& network_;
  std::size_t limit_;
  IdVector<OperationId, LayerId> layer_of_;
  IdVector<LayerId, PixelTimes> existence_;
  std::vector<std::pair<OperationId, Rect>> pending_;
  std::set<std::tuple<OperationId, int, int, int, int>> visited_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> check_schedule(const ScheduledNetwork& network, std::size_t limit) {
  return Checker{network, limit}.run();
}

}  // namespace crossweave
