#include "models/tile.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "models/multicast.h"
#include "scheduler/result_copies.h"

namespace crossweave {
namespace {

std::uint64_t key_of(StationId station, DuplicateId duplicate) {
  return std::uint64_t{station.value()} << 32U | duplicate.value();
}

}  // namespace

Tile::Tile(const sc_core::sc_module_name& name, TileId id, const std::vector<PeId>& pes, const ExecutionPlan& plan,
           const Architecture& architecture, TransactionPool& pool, Probes& probes)
    : sc_module{name},
      id_{id},
      plan_{plan},
      precision_{architecture.precision},
      costs_{architecture.tile.gpeu.costs},
      spill_{architecture.tile.buffer.spill},
      multicast_{architecture.noc.multicast},
      pool_{pool},
      probes_{probes},
      interface_{"network_interface", EndpointId{id.value()}, *this, probes},
      input_buffer_{"input_buffer", id, BufferLevel::Which::input, architecture.tile.buffer, probes},
      output_buffer_{"output_buffer", id, BufferLevel::Which::output, architecture.tile.buffer, probes},
      gpeu_{"gpeu", id, architecture.tile.gpeu, probes},
      first_pe_{pes.empty() ? PeId{} : pes.front()} {
  for (const PeId pe : pes) {
    const std::string number = std::to_string(pes_.size());
    pes_.push_back(std::make_unique<CrossbarPe>(("pe_" + number).c_str(), pe, architecture.crossbar, probes));
    mvm_.push_back(std::make_unique<tlm_utils::simple_initiator_socket<Tile>>(("mvm_" + number).c_str()));
    mvm_.back()->bind(pes_.back()->port);
  }
  commands.register_b_transport(this, &Tile::command);
  arrivals.register_b_transport(this, &Tile::arrive);
  results.bind(output_buffer_.in);
  output_buffer_.out.bind(interface_.send);
  interface_.deliver.bind(input_buffer_.in);
  input_buffer_.out.bind(arrivals);
  gpeu_port.bind(gpeu_.port);
  SC_HAS_PROCESS(Tile);
  SC_METHOD(work);
  sensitive << wake_;
}

// --- building ---

std::size_t Tile::add_part(StationId station, DuplicateId duplicate, const StationPart& part, DuplicateRun* run) {
  const std::size_t number = parts_.size();
  const std::size_t first = parts_.empty() ? 0 : parts_.back().first_in_ledger + parts_.back().tracker.sets();
  parts_.push_back({station,
                    duplicate,
                    &part,
                    run,
                    ArrivalTracker{plan_.stations[station], duplicate, part, plan_.images},
                    first,
                    {}});
  if (run == nullptr) {
    parts_.back().done.resize(parts_.back().tracker.sets());
  }
  part_by_key_[key_of(station, duplicate)] = number;
  for (const InputNeed& need : part.needs) {
    std::vector<std::size_t>& readers = readers_[need.producer.value()];
    if (readers.empty() || readers.back() != number) {
      readers.push_back(number);
    }
  }
  for (std::size_t i = 0; i < part.pes.size(); ++i) {
    pes_[part.pes[i].value() - first_pe_.value()]->hold_weights(*plan_.stations[station].layer, part.rows_driven[i],
                                                                part.columns_read[i]);
  }
  return number;
}

void Tile::lead(DuplicateRun& run) {
  led_.push_back(&run);
  led_by_key_[key_of(run.station, run.duplicate)] = &run;
}

void Tile::seal(const ReservationOrder* reservations, const std::vector<InputSpace*>& spaces) {
  reservations_ = reservations;
  spaces_ = spaces;
  ledger_ = InputLedger{parts_.empty() ? 0 : parts_.back().first_in_ledger + parts_.back().tracker.sets()};
  if (reservations_ != nullptr) {
    limit_buffers();
  }
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const ArrivalTracker& tracker = parts_[part].tracker;
    for (std::size_t position = 0; position < tracker.sets(); ++position) {
      if (parts_[part].run != nullptr && !tracker.complete(position)) {
        parts_[part].run->group.add_waiting_tile(position);
      } else if (parts_[part].run == nullptr && tracker.complete(position)) {
        input_complete(part, position, {});  // wholly in the padding
      }
    }
  }
}

void Tile::limit_buffers() {
  const EndpointId here{id_.value()};
  std::vector<Bytes> inputs;
  for (const Residency& residency : reservations_->input_turns[here]) {
    inputs.push_back(reservations_->regions[residency.region].size);
  }
  std::vector<Bytes> outputs;
  for (const ResultId result : reservations_->output_turns[here]) {
    outputs.push_back(reservations_->results[result].size);
    const ReservationOrder::Maker& maker = reservations_->makers[result];
    const Station& station = plan_.stations[maker.station];
    if (station.kind == Station::Kind::base_layer && reserves_at_start(plan_, maker)) {
      const DuplicateId duplicate = station.duplicate_of[maker.set];
      const Part& part = parts_[part_by_key_.at(key_of(maker.station, duplicate))];
      part.run->group.add_waiting_tile(maker.image * part.tracker.sets_per_image() + station.position_of[maker.set]);
    }
  }
  input_buffer_.limit(std::move(inputs), *this);
  output_buffer_.limit(std::move(outputs), *this);
  if (input_buffer_.has_port_time()) {
    for (DuplicateRun* run : led_) {
      run->group.read_before_start();
    }
  }
}

void Tile::start_of_simulation() {
  if (reservations_ != nullptr) {
    input_buffer_.serve_turns();
    output_buffer_.serve_turns();
  }
}

// --- commands and arrivals ---

DuplicateRun& Tile::led_run(StationId station, DuplicateId duplicate) {
  const auto found = led_by_key_.find(key_of(station, duplicate));
  check_invariant(found != led_by_key_.end(), "a set command goes to the tile that leads the duplicate");
  return *found->second;
}

void Tile::command(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  const SetTransaction& set = set_of(payload);
  DuplicateRun& run = led_run(set.station, set.duplicate);
  const Station& station = plan_.stations[set.station];
  const std::size_t position =
      set.image * station.duplicates[set.duplicate].sequence.size() + station.position_of[set.set];
  check_invariant(position == run.group.commanded(), "sets are commanded in the order of the schedule");
  if (set.journey.until >= run.ready[position].until) {
    run.ready[position] = set.journey;
  }
  run.group.command();
  announce_if_ready(run, position);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  try_start(run);
}

void Tile::arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (delay == sc_core::SC_ZERO_TIME) {
    take_in(set_of(payload));
    return;
  }
  payload.acquire();
  set_timer({.at = now() + to_duration(delay), .kind = Timer::Kind::arrival, .payload = &payload});
}

void Tile::take_in(SetTransaction& set) {
  probes_.journeys.spend(set.journey, Activity::buffer_port, now(), set.station);
  if (reservations_ == nullptr) {
    input_buffer_.store(set.size());
  }
  if (set.kind == TransactionKind::psum) {
    add_partial_sum({.kind = Job::Kind::partial_sum,
                     .station = set.station,
                     .duplicate = set.duplicate,
                     .set = set.set,
                     .slice = set.slice,
                     .image = set.image,
                     .journey = set.journey});
  } else {
    region_arrived(set);
  }
}

void Tile::region_arrived(const SetTransaction& set) {
  ledger_.begin_region(set.size());
  const auto readers = readers_.find(set.station.value());
  if (readers != readers_.end()) {
    for (const std::size_t number : readers->second) {
      Part& part = parts_[number];
      Job accumulation{.kind = Job::Kind::accumulation,
                       .part = number,
                       .station = part.station,
                       .duplicate = part.duplicate,
                       .image = set.image,
                       .journey = set.journey};
      part.tracker.arrive(
          set.image, set.station, set.rect, set.channels,
          [&](std::size_t position) { return serves(set, part, position); },
          [&](std::size_t position, std::int64_t elements, bool complete) {
            if (plan_.stations[part.station].accumulates) {
              accumulation.elements += elements;
              accumulation.last = complete;
              return;
            }
            ledger_.add_use(part.first_in_ledger + position);
            if (complete) {
              input_complete(number, position, set.journey);
            }
          });
      if (accumulation.elements > 0) {
        accumulation.operands = packed_size(accumulation.elements, set.bits_per_element);
        accumulation.use = ledger_.add_use_of_its_own();
        enqueue(accumulation);
      }
    }
  }
  const Bytes unused = ledger_.end_region();
  if (unused > Bytes{}) {
    input_buffer_.release(unused);
  }
}

bool Tile::serves(const SetTransaction& set, const Part& part, std::size_t position) const {
  if (reservations_ == nullptr) {
    return true;
  }
  const Residency& residency = reservations_->input_turns[EndpointId{id_.value()}][set.turn - 1];
  const std::uint32_t place = plan_.stations[part.station].accumulates
                                  ? reservations_->place_of_accumulation(plan_, set.image, set.station, set.set)
                                  : reservations_->place_of(plan_, part.tracker.image_of(position), part.station,
                                                            part.tracker.set_at(position));
  return residency.first <= place && place <= residency.last;
}

void Tile::input_complete(std::size_t number, std::size_t position, const Journey& journey) {
  const Part& part = parts_[number];
  const std::uint32_t image = part.tracker.image_of(position);
  const SetId set = part.tracker.set_at(position);
  if (part.run == nullptr) {
    enqueue_when_space(Job{.part = number,
                           .station = part.station,
                           .duplicate = part.duplicate,
                           .set = set,
                           .image = image,
                           .journey = journey},
                       0);
    return;
  }
  probes_.input_complete.write(
      {now(), image, *plan_.stations[part.station].layer, part.duplicate, set, id_, journey.leg});
  set_lacks_less(*part.run, position, journey);
}

// --- sets on crossbars ---

void Tile::set_lacks_less(DuplicateRun& run, std::size_t position, const Journey& journey) {
  if (journey.until >= run.ready[position].until) {
    run.ready[position] = journey;
  }
  run.group.tile_ready(position);
  announce_if_ready(run, position);
  run.members.front().tile->try_start(run);
}

void Tile::announce_if_ready(const DuplicateRun& run, std::size_t position) const {
  if (run.group.lacking(position) > 0 || position >= run.group.commanded()) {
    return;
  }
  const Station& station = plan_.stations[run.station];
  const std::vector<SetId>& sequence = station.duplicates[run.duplicate].sequence;
  probes_.set_ready.write({now(), static_cast<std::uint32_t>(position / sequence.size()), *station.layer, run.duplicate,
                           sequence[position % sequence.size()]});
}

void Tile::read_input(DuplicateRun& run) {
  if (!run.group.may_read()) {
    return;
  }
  const std::vector<SetId>& sequence = plan_.stations[run.station].duplicates[run.duplicate].sequence;
  const SetId set = sequence[run.group.begin_reading() % sequence.size()];
  run.reading = now();
  Duration end = now();
  for (const DuplicateRun::Member& member : run.members) {
    end = std::max(end, member.tile->pass_input(member.part, set));
  }
  set_timer({.at = end, .kind = Timer::Kind::reading, .run = &run});
}

Duration Tile::pass_input(std::size_t number, SetId set) {
  const Part& part = parts_[number];
  const std::int64_t rows =
      std::accumulate(part.spec->rows_driven.begin(), part.spec->rows_driven.end(), std::int64_t{0});
  const std::int64_t elements = plan_.stations[part.station].set_rect(set).area() * rows;
  return input_buffer_.pass_out(now(), packed_size(elements, precision_.activation_bits));
}

void Tile::try_start(DuplicateRun& run) {
  read_input(run);
  if (!run.group.may_start()) {
    return;
  }
  const std::size_t position = run.group.start();
  const Station& station = plan_.stations[run.station];
  const std::vector<SetId>& sequence = station.duplicates[run.duplicate].sequence;
  const SetId set = sequence[position % sequence.size()];
  const auto image = static_cast<std::uint32_t>(position / sequence.size());
  probes_.set_started.write({now(), image, *station.layer, run.duplicate, set, run.ready[position].leg,
                             run.group.reads() ? run.reading : now()});
  Duration longest;
  for (const DuplicateRun::Member& member : run.members) {
    longest = std::max(longest, member.tile->begin_set(member.part, set, image));
  }
  set_timer({.at = now() + longest, .kind = Timer::Kind::set, .run = &run});
  read_input(run);
}

Duration Tile::begin_set(std::size_t number, SetId set, std::uint32_t image) {
  const Part& part = parts_[number];
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& input = set_of(payload);
  input = {};
  input.kind = TransactionKind::ifm;
  input.image = image;
  input.station = part.station;
  input.duplicate = part.duplicate;
  input.set = set;
  input.source = input.destination = EndpointId{id_.value()};
  input.rect = plan_.stations[part.station].set_rect(set);
  input.bits_per_element = precision_.activation_bits;
  sc_core::sc_time longest = sc_core::SC_ZERO_TIME;
  for (const PeId pe : part.spec->pes) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    (*mvm_[pe.value() - first_pe_.value()])->b_transport(payload, delay);
    longest = std::max(longest, delay);
  }
  payload.release();
  return to_duration(longest);
}

void Tile::end_set(std::size_t number) {
  for (const PeId pe : parts_[number].spec->pes) {
    pes_[pe.value() - first_pe_.value()]->finish();
  }
}

void Tile::free_input(const Part& part, std::size_t position) {
  const Bytes freed = ledger_.finish(part.first_in_ledger + position);
  if (freed > Bytes{}) {
    input_buffer_.release(freed);
  }
}

void Tile::finish_set(DuplicateRun& run) {
  const Station& station = plan_.stations[run.station];
  const StationDuplicate& duplicate = station.duplicates[run.duplicate];
  const std::size_t position = run.group.finished();
  Job job{.kind = Job::Kind::partial_sum,
          .station = run.station,
          .duplicate = run.duplicate,
          .set = duplicate.sequence[position % duplicate.sequence.size()],
          .image = static_cast<std::uint32_t>(position / duplicate.sequence.size()),
          .journey = probes_.journeys.begin(run.station)};
  for (const DuplicateRun::Member& member : run.members) {
    member.tile->end_set(member.part);
  }
  // Not before: space that input gives up may be what the next set waits for, and all crossbars must be free by then.
  run.group.finish();
  probes_.set_finished.write({now(), job.image, *station.layer, run.duplicate, job.set, job.journey.leg});
  // What this gives back may be what the next set waits for.
  for (const DuplicateRun::Member& member : run.members) {
    member.tile->free_input(member.tile->parts_[member.part], position);
  }
  try_start(run);
  for (job.slice = 0; job.slice < duplicate.slices.size(); ++job.slice) {
    // The sums of a tile's own crossbars are added inside it; between tiles they travel from the far ends home.
    const std::vector<EndpointId>& nodes = duplicate.slices[job.slice].nodes;
    for (std::size_t node = nodes.size(); node-- > 0;) {
      if (reduction_children(plan_.reduction, node, nodes.size()) == 0) {
        tile_at(run, nodes[node]).sum_ready(job);
      }
    }
  }
}

// --- partial sums and results ---

Tile& Tile::tile_at(const DuplicateRun& run, EndpointId endpoint) const {
  const auto member = std::ranges::find_if(run.members, [&](const DuplicateRun::Member& candidate) {
    return candidate.tile->id_.value() == endpoint.value();
  });
  check_invariant(member != run.members.end(), "partial sums appear on the tiles of their duplicate");
  return *member->tile;
}

const ResultSlice& Tile::slice_of(const Job& job) const {
  return plan_.stations[job.station].duplicates[job.duplicate].slices[job.slice];
}

std::size_t Tile::node_of(const Job& job) const {
  const std::vector<EndpointId>& nodes = slice_of(job).nodes;
  const auto here = std::ranges::find(nodes, EndpointId{id_.value()});
  check_invariant(here != nodes.end(), "partial sums travel between the nodes of their reduction");
  return static_cast<std::size_t>(here - nodes.begin());
}

void Tile::add_partial_sum(const Job& job) { enqueue_when_space(job, node_of(job)); }

void Tile::partial_sum_added(const Job& job) {
  const std::size_t children = reduction_children(plan_.reduction, node_of(job), slice_of(job).nodes.size());
  const SumKey key{job.image, job.station, job.set, job.slice};
  if (++added_[key] == children) {
    added_.erase(key);
    sum_ready(job);
  }
}

void Tile::sum_ready(const Job& job) {
  const std::size_t node = node_of(job);
  if (node == 0) {
    result_ready(job);
  } else {
    send_partial_sum(job, node);
  }
}

void Tile::send_partial_sum(const Job& job, std::size_t node) {
  const Station& station = plan_.stations[job.station];
  const std::vector<EndpointId>& nodes = slice_of(job).nodes;
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& set = set_of(payload);
  set = {};
  set.kind = TransactionKind::psum;
  set.image = job.image;
  set.station = job.station;
  set.duplicate = job.duplicate;
  set.set = job.set;
  set.source = EndpointId{id_.value()};
  set.destination = nodes[reduction_parent(plan_.reduction, node)];
  set.rect = station.set_rect(job.set);
  set.channels = slice_of(job).channels;
  set.bits_per_element = station.psum_bits;
  set.slice = job.slice;
  set.result = store_result(set.size());
  set.journey = job.journey;
  if (reservations_ != nullptr) {
    set.region = reservations_->partial_sum(station, job.image, job.station, job.set, job.slice,
                                            static_cast<std::uint32_t>(node));
    set.turn = reservations_->regions[set.region].turn;
  }
  address_payload(payload);
  if (may_leave(payload)) {
    depart(payload);
  }
}

void Tile::result_ready(const Job& job) {
  if (plan_.stations[job.station].epilogue.empty()) {
    emit_result(job);
  } else {
    Job epilogue = job;
    epilogue.kind = Job::Kind::epilogue;
    enqueue(epilogue);
  }
}

void Tile::emit_result(const Job& job) {
  const Station& station = plan_.stations[job.station];
  const ResultSlice& slice = slice_of(job);
  const Rect rect = station.result_rect(job.set);
  if (rect.empty()) {
    return;
  }
  const std::uint32_t number = store_result(packed_size(rect.area() * slice.channels.size(), station.bits_per_element));
  std::size_t region = reservations_ == nullptr
                           ? 0
                           : reservations_->first_copy(station, job.image, job.station, job.set, job.slice).value();
  // One copy more than there are, until all have been sent: the first may be gone before the last is made.
  std::vector<tlm::tlm_generic_payload*> to_gather;
  for_each_copy(station, job.set, slice, [&](const Delivery& delivery, Interval channels) {
    tlm::tlm_generic_payload& payload = pool_.acquire();
    SetTransaction& set = set_of(payload);
    set = {};
    set.kind = delivery.destination == plan_.dram() ? TransactionKind::dram_write : TransactionKind::ofm;
    set.image = job.image;
    set.station = job.station;
    set.duplicate = job.duplicate;
    set.set = job.set;
    set.source = EndpointId{id_.value()};
    set.destination = delivery.destination;
    set.rect = delivery.rect;
    set.channels = channels;
    set.bits_per_element = station.bits_per_element;
    set.slice = job.slice;
    set.result = number;
    set.journey = job.journey;
    if (reservations_ != nullptr) {
      set.region = RegionId{region++};
      set.turn = reservations_->regions[set.region].turn;
    }
    results_.add_copy(number);
    address_payload(payload);
    if (!may_leave(payload)) {
      return;
    }
    if (multicast_) {
      to_gather.push_back(&payload);
    } else {
      depart(payload);
    }
  });
  gather_multicasts(to_gather);
  for (tlm::tlm_generic_payload* copy : to_gather) {
    depart(*copy);
  }
  release_copy(number);
}

std::uint32_t Tile::store_result(Bytes size) {
  output_buffer_.store(size);
  return results_.add(size, output_buffer_.pass_in(now(), size));
}

void Tile::release_copy(std::uint32_t number) {
  const Bytes size = results_.size(number);
  if (results_.copy_left(number)) {
    output_buffer_.release(size);
  }
}

void Tile::copy_left(const SetTransaction& copy) {
  for (std::size_t copies = copy.copies(); copies > 0; --copies) {
    release_copy(copy.result);
  }
}

// --- space ---

bool Tile::ask(std::uint32_t turn, SpaceHolder& holder, std::uint64_t ticket) {
  if (!input_buffer_.has_come(turn)) {
    asked_[turn] = {&holder, ticket};
    return false;
  }
  input_buffer_.store(input_buffer_.size_of_turn(turn));
  return true;
}

void Tile::turn_came(BufferLevel::Which which, std::uint32_t turn) {
  if (which == BufferLevel::Which::output) {
    result_turn_came(reservations_->output_turns[EndpointId{id_.value()}][turn - 1]);
    return;
  }
  const auto asked = asked_.find(turn);
  if (asked != asked_.end()) {
    const Question question = asked->second;
    asked_.erase(asked);
    input_buffer_.store(input_buffer_.size_of_turn(turn));
    question.holder->space_came(question.ticket);
  }
}

void Tile::result_turn_came(ResultId result) {
  const ReservationOrder::Maker& maker = reservations_->makers[result];
  const Station& station = plan_.stations[maker.station];
  if (station.kind == Station::Kind::base_layer && reserves_at_start(plan_, maker)) {
    const Part& part = parts_[part_by_key_.at(key_of(maker.station, station.duplicate_of[maker.set]))];
    const std::size_t position = maker.image * part.tracker.sets_per_image() + station.position_of[maker.set];
    Journey journey = part.run->ready[position];
    if (part.run->group.lacking(position) == 1) {
      probes_.journeys.spend(journey, Activity::output_blocked, now(), maker.station);
    }
    set_lacks_less(*part.run, position, journey);
    return;
  }
  const auto blocked = blocked_jobs_.find(result);
  if (blocked == blocked_jobs_.end()) {
    return;
  }
  const std::vector<Job> jobs = std::move(blocked->second);
  blocked_jobs_.erase(blocked);
  for (Job job : jobs) {
    probes_.journeys.spend(job.journey, Activity::output_blocked, now(), job.station);
    enqueue(job);
  }
}

void Tile::enqueue_when_space(Job job, std::size_t node) {
  if (reservations_ != nullptr) {
    const ResultId result = reservations_->result(plan_.stations[job.station], job.image, job.station, job.set,
                                                  job.slice, static_cast<std::uint32_t>(node));
    if (!output_buffer_.has_come(reservations_->results[result].turn)) {
      blocked_jobs_[result].push_back(job);
      return;
    }
  }
  enqueue(job);
}

bool Tile::may_leave(tlm::tlm_generic_payload& payload) {
  SetTransaction& set = set_of(payload);
  if (reservations_ == nullptr || set.destination == plan_.dram()) {
    return true;
  }
  if (reservations_->turns_by_dram.contains(set.region)) {
    divert_to_dram(set);
    return true;
  }
  if (spaces_[set.destination.value()]->ask(set.turn, *this, tickets_)) {
    return true;
  }
  held_[tickets_] = &payload;
  results_.hold(tickets_++, set.result, set.kind != TransactionKind::psum);
  if (output_buffer_.is_short()) {
    space_short(BufferLevel::Which::output);
  }
  return false;
}

void Tile::space_came(std::uint64_t ticket) {
  const auto held = held_.find(ticket);
  tlm::tlm_generic_payload& payload = *held->second;
  held_.erase(held);
  SetTransaction& set = set_of(payload);
  results_.let_go(ticket, set.result);
  probes_.journeys.spend(set.journey, Activity::input_space, now(), set.station);
  depart(payload);
}

void Tile::space_short(BufferLevel::Which which) {
  // What leaves by itself makes room first. Partial sums stay: their space comes with that of the set they belong to.
  if (which == BufferLevel::Which::input || spill_ == Spill::none || results_.any_leaves()) {
    return;
  }
  std::vector<tlm::tlm_generic_payload*> spilled;
  for (const std::uint64_t ticket : results_.oldest_held()) {
    const auto held = held_.find(ticket);
    SetTransaction& set = set_of(*held->second);
    spaces_[set.destination.value()]->forget(set.turn);
    results_.let_go(ticket, set.result);
    probes_.journeys.spend(set.journey, Activity::input_space, now(), set.station);
    divert_to_dram(set);
    spilled.push_back(held->second);
    held_.erase(held);
  }
  for (tlm::tlm_generic_payload* payload : spilled) {
    depart(*payload);
  }
}

void Tile::divert_to_dram(SetTransaction& copy) const {
  copy.kind = TransactionKind::dram_write;
  copy.destination = plan_.dram();
  copy.spilled = true;
}

void Tile::depart(tlm::tlm_generic_payload& payload) {
  const SetTransaction& set = set_of(payload);
  const Duration at = output_buffer_.pass_out(std::max(now(), results_.stored(set.result)), set.size());
  if (at == now()) {
    leave_for_network(payload);
  } else {
    set_timer({.at = at, .kind = Timer::Kind::departure, .payload = &payload});
  }
}

void Tile::leave_for_network(tlm::tlm_generic_payload& payload) {
  SetTransaction& set = set_of(payload);
  probes_.journeys.spend(set.journey, Activity::buffer_port, now(), set.station);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  results->b_transport(payload, delay);
  payload.release();
}

// --- the GPEU, and what ends later ---

void Tile::enqueue(const Job& job) {
  jobs_.push_back(job);
  // A delta later: what arrives at one instant is dealt with by the tile's own process, not by its sender's.
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void Tile::read_operands(const Job& job) {
  const Bytes operands = operands_of(job);
  const Duration read = operands > Bytes{} ? input_buffer_.pass_out(now(), operands) : now();
  if (read == now()) {
    begin_job(job);
  } else {
    set_timer({.at = read, .kind = Timer::Kind::operands, .job = job});
  }
}

void Tile::begin_job(const Job& job) {
  const Station& station = plan_.stations[job.station];
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& set = set_of(payload);
  set = {};
  set.image = job.image;
  set.station = job.station;
  set.duplicate = job.duplicate;
  set.set = job.set;
  set.source = set.destination = EndpointId{id_.value()};
  set.rect = job.kind == Job::Kind::partial_sum ? station.set_rect(job.set) : station.result_rect(job.set);
  set.channels = slice_of(job).channels;
  set.bits_per_element = station.bits_per_element;
  set.work = work_of(job);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  gpeu_port->b_transport(payload, delay);
  payload.release();
  if (delay == sc_core::SC_ZERO_TIME) {
    end_job(job);
  } else {
    set_timer({.at = now() + to_duration(delay), .kind = Timer::Kind::job, .job = job});
  }
}

std::int64_t Tile::work_of(const Job& job) const {
  const Station& station = plan_.stations[job.station];
  const Interval channels = slice_of(job).channels;
  switch (job.kind) {
    case Job::Kind::accumulation:
      return job.elements * costs_.pooling;
    case Job::Kind::partial_sum:
      return station.set_rect(job.set).area() * channels.size() * costs_.add;
    case Job::Kind::operation:
    case Job::Kind::epilogue:
      return station.gpeu_work(job.set, channels);
  }
  throw InternalError{"unknown kind of job"};
}

Bytes Tile::operands_of(const Job& job) const {
  switch (job.kind) {
    case Job::Kind::operation:
      return plan_.stations[job.station].accumulates ? Bytes{}
                                                     : parts_[job.part].tracker.input_size(job.set, plan_.stations);
    case Job::Kind::accumulation:
      return job.operands;
    case Job::Kind::partial_sum:
      return packed_size(plan_.stations[job.station].set_rect(job.set).area() * slice_of(job).channels.size(),
                         plan_.stations[job.station].psum_bits);
    case Job::Kind::epilogue:
      return Bytes{};  // what it works on has just been made
  }
  throw InternalError{"unknown kind of job"};
}

void Tile::end_job(Job job) {
  probes_.journeys.spend(job.journey, Activity::gpeu, now(), job.station);
  gpeu_.finish(work_of(job), job.image, job.station, job.set);
  switch (job.kind) {
    case Job::Kind::operation: {
      Part& part = parts_[job.part];
      const std::size_t position = job.image * part.tracker.sets_per_image() + job.set.value();
      part.done[position] = true;
      ++part.finished;
      free_input(part, position);
      emit_result(job);
      break;
    }
    case Job::Kind::accumulation:
      if (const Bytes freed = ledger_.end_use(job.use); freed > Bytes{}) {
        input_buffer_.release(freed);
      }
      if (job.last) {
        input_complete(job.part, job.image * parts_[job.part].tracker.sets_per_image(), job.journey);
      }
      break;
    case Job::Kind::partial_sum:
      input_buffer_.release(operands_of(job));
      partial_sum_added(job);
      break;
    case Job::Kind::epilogue:
      emit_result(job);
      break;
  }
}

void Tile::work() {
  bool busy = true;
  while (busy) {
    busy = false;
    while (!timers_.empty() && timers_.top().at <= now()) {
      const Timer timer = timers_.top();
      timers_.pop();
      end(timer);
      busy = true;
    }
    while (!jobs_.empty()) {
      const Job job = jobs_.front();
      jobs_.pop_front();
      read_operands(job);
      busy = true;
    }
  }
  if (!timers_.empty()) {
    wake_at(timers_.top().at);
  }
}

void Tile::end(const Timer& timer) {
  switch (timer.kind) {
    case Timer::Kind::set:
      finish_set(*timer.run);
      break;
    case Timer::Kind::reading:
      timer.run->group.end_reading();
      try_start(*timer.run);
      break;
    case Timer::Kind::operands: {
      Job job = timer.job;
      probes_.journeys.spend(job.journey, Activity::buffer_port, now(), job.station);
      begin_job(job);
      break;
    }
    case Timer::Kind::job:
      end_job(timer.job);
      break;
    case Timer::Kind::arrival:
      take_in(set_of(*timer.payload));
      timer.payload->release();
      break;
    case Timer::Kind::departure:
      leave_for_network(*timer.payload);
      break;
  }
}

void Tile::set_timer(Timer timer) {
  timer.order = timer_count_++;
  const Duration at = timer.at;
  timers_.push(timer);
  wake_at(at);
}

void Tile::wake_at(Duration at) { wake_.notify(to_sc_time(at - now())); }

// --- how it ends ---

bool Tile::retired() const {
  return std::ranges::all_of(led_,
                             [](const DuplicateRun* run) { return run->group.finished() == run->group.sets(); }) &&
         std::ranges::all_of(
             parts_, [](const Part& part) { return part.run != nullptr || part.finished == part.tracker.sets(); });
}

void Tile::diagnose(std::vector<std::string>& out, std::size_t limit) const {
  const std::string here = "tile " + std::to_string(id_.value());
  for (const Buffer* buffer : {&input_buffer_, &output_buffer_}) {
    if (buffer->is_short() && out.size() < limit) {
      out.push_back(here + ": the " + buffer->why_short());
    }
  }
  for (const Part& part : parts_) {
    if (out.size() >= limit) {
      return;
    }
    const Station& station = plan_.stations[part.station];
    std::size_t position = 0;
    if (part.run != nullptr) {
      position = part.run->group.finished();
    } else {
      while (position < part.tracker.sets() && part.tracker.complete(position)) {
        ++position;
      }
    }
    if (position < part.tracker.sets() && !part.tracker.complete(position)) {
      out.push_back(here + ": " + station.name +
                    (part.run != nullptr ? ", duplicate " + std::to_string(part.duplicate.value()) : "") + ", set " +
                    std::to_string(part.tracker.set_at(position).value()) + " waits for " +
                    std::to_string(part.tracker.missing(position)) + " elements of " +
                    part.tracker.needs_of(position, plan_.stations));
    }
  }
}

// --- who waits for whom ---

const Tile::Part* Tile::part_of(StationId station, DuplicateId duplicate) const {
  const auto found = part_by_key_.find(key_of(station, duplicate));
  return found == part_by_key_.end() ? nullptr : &parts_[found->second];
}

bool Tile::is_done(const Work& work, const std::vector<const Tile*>& tiles) const {
  const Station& station = plan_.stations[work.station];
  if (station.kind == Station::Kind::network_input) {
    return true;
  }
  const DuplicateId duplicate = station.duplicate_of[work.set];
  const StationDuplicate& copy = station.duplicates[duplicate];
  const Part& part = *tiles[copy.parts.front().tile.value()]->part_of(work.station, duplicate);
  const std::size_t position = work.image * part.tracker.sets_per_image() + station.position_of[work.set];
  return part.run != nullptr ? position < part.run->group.finished() : part.done[position];
}

std::string Tile::name_of(const Work& work) const {
  return plan_.stations[work.station].name + " set " + std::to_string(work.set.value()) +
         (work.image > 0 ? " of image " + std::to_string(work.image) : "");
}

void Tile::add_waits(WaitGraph& graph, const std::vector<const Tile*>& tiles) const {
  for (const Part& part : parts_) {
    const Station& station = plan_.stations[part.station];
    const auto add = [&](std::size_t position) {
      const Work work{part.station, part.tracker.set_at(position), part.tracker.image_of(position)};
      add_waits_for_input(graph, part, position, tiles);
      if (reservations_ == nullptr) {
        return;
      }
      const std::vector<ResultSlice>& slices = station.duplicates[part.duplicate].slices;
      for (std::uint32_t slice = 0; slice < slices.size(); ++slice) {
        for (std::uint32_t node = 0; node < slices[slice].nodes.size(); ++node) {
          const ResultId result = reservations_->result(station, work.image, work.station, work.set, slice, node);
          if (slices[slice].nodes[node].value() == id_.value() &&
              !output_buffer_.has_come(reservations_->results[result].turn)) {
            graph.add(name_of(work), output_buffer_.name(), "there is no room for its result");
          }
        }
      }
    };
    if (part.run == nullptr) {
      for (std::size_t position = 0; position < part.tracker.sets(); ++position) {
        if (!part.done[position]) {
          add(position);
        }
      }
    } else if (const std::size_t next = part.run->group.finished(); next < part.tracker.sets()) {
      add(next);
      const Work work{part.station, part.tracker.set_at(next), part.tracker.image_of(next)};
      for (std::size_t later = next + 1; later < part.tracker.sets(); ++later) {
        graph.add(name_of({part.station, part.tracker.set_at(later), part.tracker.image_of(later)}), name_of(work),
                  "it comes first on the same crossbars");
      }
    }
  }
  if (reservations_ != nullptr) {
    add_waits_for_space(graph, tiles);
  }
}

void Tile::add_waits_for_input(WaitGraph& graph, const Part& part, std::size_t position,
                               const std::vector<const Tile*>& tiles) const {
  if (part.tracker.complete(position)) {
    return;
  }
  const std::uint32_t image = part.tracker.image_of(position);
  const std::string who = name_of({part.station, part.tracker.set_at(position), image});
  part.tracker.for_each_need(position, [&](StationId producer, const Rect& region) {
    const Station& station = plan_.stations[producer];
    for (std::size_t s = 0; s < station.grid.size(); ++s) {
      const Work work{producer, SetId{s}, image};
      if (station.result_rect(SetId{s}).intersect(region).empty()) {
        continue;
      }
      if (!is_done(work, tiles)) {
        graph.add(who, name_of(work), "it makes what is read");
      } else {
        graph.add(who, input_buffer_.name(), "what is read finds no room");
      }
    }
  });
}

void Tile::add_waits_for_space(WaitGraph& graph, const std::vector<const Tile*>& tiles) const {
  const EndpointId here{id_.value()};
  std::vector<Work> at_place;
  for (const StationId id : ids(plan_.stations)) {
    const std::size_t sets = plan_.stations[id].grid.size();
    for (std::size_t i = 0; i < reservations_->place[id].size(); ++i) {
      const std::uint32_t place = reservations_->place[id][i];
      at_place.resize(std::max<std::size_t>(at_place.size(), place + 1U));
      at_place[place] = {id, SetId{i % sets}, static_cast<std::uint32_t>(i / sets)};
    }
  }
  const std::vector<Residency>& inputs = reservations_->input_turns[here];
  for (std::uint32_t turn = 1; input_buffer_.is_short() && turn <= inputs.size() && input_buffer_.has_come(turn);
       ++turn) {
    if (const Work& last = at_place[inputs[turn - 1].last]; !is_done(last, tiles)) {
      graph.add(input_buffer_.name(), name_of(last), "it uses what lies there");
    }
  }
  const std::vector<ResultId>& outputs = reservations_->output_turns[here];
  for (std::uint32_t turn = 1; output_buffer_.is_short() && turn <= outputs.size() && output_buffer_.has_come(turn);
       ++turn) {
    const ReservationOrder::Maker& maker = reservations_->makers[outputs[turn - 1]];
    if (const Work work{maker.station, maker.set, maker.image}; !is_done(work, tiles)) {
      graph.add(output_buffer_.name(), name_of(work), "its result is to lie there");
    }
  }
  std::map<std::uint64_t, EndpointId> held;
  for (const auto& [ticket, payload] : held_) {
    held[ticket] = set_of(*payload).destination;
  }
  for (const auto& [ticket, destination] : held) {
    graph.add(output_buffer_.name(), tiles[destination.value()]->input_buffer_.name(),
              "there is no room for what lies in it");
  }
}

}  // namespace crossweave
