#include "models/schedule_feeder.h"

#include <string>

namespace crossweave {

ScheduleFeeder::ScheduleFeeder(const sc_core::sc_module_name& name, const ExecutionPlan& plan, TransactionPool& pool,
                               Probes& probes)
    : sc_module{name}, plan_{plan}, pool_{pool} {
  for (std::size_t tile = 0; tile < plan.tile_count(); ++tile) {
    const std::string socket = "to_tile_" + std::to_string(tile);
    to_tiles_.push_back(std::make_unique<tlm_utils::simple_initiator_socket<ScheduleFeeder>>(socket.c_str()));
  }
  for (const StationId station : ids(plan.stations)) {
    if (plan.stations[station].kind == Station::Kind::base_layer) {
      base_layers_.push_back(station);
    }
  }
  if (plan.mode == ScheduleMode::layer_by_layer) {
    probes.set_finished.bind(*this);
  }
  SC_HAS_PROCESS(ScheduleFeeder);
  SC_METHOD(feed);
  sensitive << layer_finished_ << arrival_;
}

void ScheduleFeeder::feed() {
  admit_images();
  const auto may_command = [this] {
    return next_ < plan_.images * base_layers_.size() && (plan_.mode == ScheduleMode::cross_layer || unfinished_ == 0);
  };
  for (; may_command(); ++next_) {
    command(static_cast<std::uint32_t>(next_ / base_layers_.size()), base_layers_[next_ % base_layers_.size()]);
  }
}

void ScheduleFeeder::admit_images() {
  while (arrived_ < plan_.images && plan_.arrival_of(arrived_) <= now()) {
    read_inputs(arrived_++);
  }
  if (arrived_ < plan_.images) {
    arrival_.notify(to_sc_time(plan_.arrival_of(arrived_) - now()));
  }
}

void ScheduleFeeder::read_inputs(std::uint32_t image) {
  for (const StationId id : ids(plan_.stations)) {
    const Station& station = plan_.stations[id];
    if (station.kind != Station::Kind::network_input) {
      continue;
    }
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      tlm::tlm_generic_payload& payload = pool_.acquire();
      SetTransaction& set = set_of(payload);
      set = {};
      set.kind = TransactionKind::dram_read;
      set.image = image;
      set.station = id;
      set.set = SetId{s};
      set.source = set.destination = plan_.dram();
      set.rect = station.set_rect(set.set);
      set.channels = {0, station.result.channels};
      set.bits_per_element = station.bits_per_element;
      address_payload(payload);
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      to_dram->b_transport(payload, delay);
      payload.release();
    }
  }
}

void ScheduleFeeder::command(std::uint32_t image, StationId id) {
  const Station& station = plan_.stations[id];
  unfinished_ += station.grid.size();
  for (const DuplicateId duplicate : ids(station.duplicates)) {
    const StationDuplicate& copy = station.duplicates[duplicate];
    for (const SetId next : copy.sequence) {
      tlm::tlm_generic_payload& payload = pool_.acquire();
      SetTransaction& set = set_of(payload);
      set = {};
      set.kind = TransactionKind::set_command;
      set.image = image;
      set.station = id;
      set.duplicate = duplicate;
      set.set = next;
      set.destination = copy.parts.front().tile;
      set.rect = station.set_rect(next);
      set.journey = last_finished_;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      (*to_tiles_[set.destination.value()])->b_transport(payload, delay);
      payload.release();
    }
  }
}

void ScheduleFeeder::write(const SetFinished& finished) {
  last_finished_ = {finished.leg, finished.at};
  if (--unfinished_ == 0) {
    layer_finished_.notify(sc_core::SC_ZERO_TIME);
  }
}

}  // namespace crossweave
