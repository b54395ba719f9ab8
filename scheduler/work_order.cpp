#include "scheduler/work_order.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

#include "scheduler/result_copies.h"
#include "scheduler/tile_readers.h"

namespace crossweave {
namespace {

class WorkOrderBuilder {
 public:
  WorkOrderBuilder(const ExecutionPlan& plan, Duration t_mvm)
      : plan_{plan}, t_mvm_{t_mvm}, readers_{plan}, lacking_(plan.stations.size()), next_(plan.stations.size()) {
    order_.place = IdVector<StationId, std::vector<std::uint32_t>>(plan.stations.size());
    for (const StationId id : ids(plan.stations)) {
      const Station& station = plan.stations[id];
      if (station.kind != Station::Kind::network_input) {
        order_.place[id].resize(plan.images * station.grid.size());
        lacking_[id].resize(plan.images * station.grid.size(), 0);
      }
      if (station.kind == Station::Kind::base_layer) {
        next_[id].resize(station.duplicates.size(), 0);
        base_layers_.push_back(id);
      }
    }
  }

  WorkOrder build() {
    for (const TileReaders::Reader& reader : readers_.all()) {
      for (std::size_t position = 0; position < reader.tracker.sets(); ++position) {
        if (!reader.tracker.complete(position)) {
          ++lacking_[reader.station][number_of(reader, position)];
        } else if (plan_.stations[reader.station].kind == Station::Kind::gpeu) {
          run_on_gpeu(reader.station, number_of(reader, position));  // wholly in the padding
        }
      }
    }
    begin_next_layer();
    admit_images();
    start_what_can();
    while (!running_.empty() || arrived() < plan_.images) {
      now_ = next_time();
      while (!running_.empty() && std::get<0>(running_.top()) == now_) {
        const std::uint32_t place = std::get<3>(running_.top());
        running_.pop();
        finish(WorkOrder::Item{order_.items[place]});
      }
      admit_images();
      start_what_can();
    }
    std::size_t sets = 0;
    for (const std::vector<std::uint32_t>& of_station : order_.place) {
      sets += of_station.size();
    }
    check_invariant(order_.items.size() == sets, "every set of a plan can run");
    for (std::uint32_t& place : order_.arrival) {
      place = std::min(place, static_cast<std::uint32_t>(sets) - 1);
    }
    return std::move(order_);
  }

 private:
  /// A set on crossbars that ends, by time, then station, then image and set.
  using End = std::tuple<Duration, StationId, std::size_t, std::uint32_t>;

  [[nodiscard]] std::uint32_t arrived() const { return static_cast<std::uint32_t>(order_.arrival.size()); }

  /// When a set ends or an image arrives, one of which is still to come.
  [[nodiscard]] Duration next_time() const {
    if (arrived() == plan_.images) {
      return std::get<0>(running_.top());
    }
    const Duration arrival = plan_.arrival_of(arrived());
    return running_.empty() ? arrival : std::min(arrival, std::get<0>(running_.top()));
  }

  /// The input of images that arrive now is there.
  void admit_images() {
    for (std::uint32_t image = arrived(); image < plan_.images && plan_.arrival_of(image) <= now_; ++image) {
      order_.arrival.push_back(static_cast<std::uint32_t>(order_.items.size()));
      for (const StationId id : ids(plan_.stations)) {
        if (plan_.stations[id].kind == Station::Kind::network_input) {
          for (std::size_t set = 0; set < plan_.stations[id].grid.size(); ++set) {
            deliver({image, id, SetId{set}, {}, {}});
          }
        }
      }
    }
  }

  [[nodiscard]] std::size_t number_of(const TileReaders::Reader& reader, std::size_t position) const {
    return reader.tracker.image_of(position) * plan_.stations[reader.station].grid.size() +
           reader.tracker.set_at(position).value();
  }

  void append(StationId id, std::size_t number, Cycles duration) {
    const std::size_t sets = plan_.stations[id].grid.size();
    order_.place[id][number] = static_cast<std::uint32_t>(order_.items.size());
    order_.items.push_back(
        {static_cast<std::uint32_t>(number / sets), id, SetId{number % sets}, now_, now_ + duration * t_mvm_});
  }

  void run_on_gpeu(StationId id, std::size_t number) {
    append(id, number, Cycles{});
    run_on_gpeus_.push_back(order_.items.back());
  }

  /// What a piece of work makes goes to its readers, and so on with what GPEUs make of it at once.
  void deliver(const WorkOrder::Item& done) {
    hand_out(done);
    while (!run_on_gpeus_.empty()) {
      const WorkOrder::Item next = run_on_gpeus_.front();
      run_on_gpeus_.pop_front();
      hand_out(next);
    }
  }

  void hand_out(const WorkOrder::Item& done) {
    const Station& station = plan_.stations[done.station];
    for (const ResultSlice& slice : station.duplicates[station.duplicate_of[done.set]].slices) {
      for_each_copy(station, done.set, slice, [&](const Delivery& delivery, Interval channels) {
        readers_.arrive(delivery.destination, done.image, done.station, delivery.rect, channels,
                        [&](const TileReaders::Reader& reader, std::size_t position, bool complete) {
                          const std::size_t number = number_of(reader, position);
                          if (complete && --lacking_[reader.station][number] == 0 &&
                              plan_.stations[reader.station].kind == Station::Kind::gpeu) {
                            run_on_gpeu(reader.station, number);
                          }
                        });
      });
    }
  }

  void finish(const WorkOrder::Item& item) {
    const Station& station = plan_.stations[item.station];
    ++next_[item.station][station.duplicate_of[item.set].value()];
    idle_.emplace_back(item.station, station.duplicate_of[item.set]);
    if (plan_.mode == ScheduleMode::layer_by_layer && --unfinished_ == 0) {
      begin_next_layer();
    }
    deliver(item);
  }

  /// Layer by layer, one base layer of one image after the other; otherwise all of them at once.
  void begin_next_layer() {
    do {
      if (begun_ == plan_.images * base_layers_.size()) {
        return;
      }
      const StationId id = base_layers_[begun_++ % base_layers_.size()];
      unfinished_ += plan_.stations[id].grid.size();
      for (const DuplicateId duplicate : ids(plan_.stations[id].duplicates)) {
        idle_.emplace_back(id, duplicate);
      }
    } while (plan_.mode == ScheduleMode::cross_layer);
  }

  [[nodiscard]] bool may_run(StationId id, DuplicateId duplicate) const {
    const std::size_t sets = plan_.stations[id].duplicates[duplicate].sequence.size();
    const std::size_t images = plan_.mode == ScheduleMode::cross_layer ? plan_.images : images_begun(id);
    return next_[id][duplicate.value()] < images * sets;
  }

  /// How many images' sets of a base layer may run, layer by layer.
  [[nodiscard]] std::size_t images_begun(StationId id) const {
    const auto layer = static_cast<std::size_t>(std::ranges::find(base_layers_, id) - base_layers_.begin());
    return (begun_ + base_layers_.size() - 1 - layer) / base_layers_.size();
  }

  void start_what_can() {
    std::ranges::sort(idle_);
    idle_.erase(std::unique(idle_.begin(), idle_.end()), idle_.end());
    std::vector<std::pair<StationId, DuplicateId>> waiting;
    for (const auto& [id, duplicate] : idle_) {
      const Station& station = plan_.stations[id];
      const std::vector<SetId>& sequence = station.duplicates[duplicate].sequence;
      if (!may_run(id, duplicate)) {
        continue;
      }
      const std::size_t position = next_[id][duplicate.value()];
      const SetId set = sequence[position % sequence.size()];
      const std::size_t number = position / sequence.size() * station.grid.size() + set.value();
      if (lacking_[id][number] > 0) {
        waiting.emplace_back(id, duplicate);
        continue;
      }
      append(id, number, Cycles{station.set_rect(set).area()});
      running_.emplace(order_.items.back().done, id, number, order_.place[id][number]);
    }
    idle_ = std::move(waiting);
  }

  const ExecutionPlan& plan_;
  Duration t_mvm_;
  TileReaders readers_;
  std::vector<StationId> base_layers_;
  std::size_t begun_{0};       ///< base layers whose sets may run, counted over images
  std::size_t unfinished_{0};  ///< sets of the layer that has begun
  /// Parts of each set that lack input, by station; as WorkOrder::place.
  IdVector<StationId, std::vector<std::uint32_t>> lacking_;
  /// The position of the next set of each duplicate, by station.
  IdVector<StationId, std::vector<std::size_t>> next_;
  std::vector<std::pair<StationId, DuplicateId>> idle_;
  std::deque<WorkOrder::Item> run_on_gpeus_;  ///< whose results have yet to be handed out
  std::priority_queue<End, std::vector<End>, std::greater<>> running_;
  Duration now_;
  WorkOrder order_;
};

}  // namespace

WorkOrder make_work_order(const ExecutionPlan& plan, Duration t_mvm) { return WorkOrderBuilder{plan, t_mvm}.build(); }

}  // namespace crossweave
