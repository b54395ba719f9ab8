#include "models/tile.h"

#include <algorithm>
#include <string>

#include "scheduler/gpeu_cost.h"
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
      pool_{pool},
      probes_{probes},
      interface_{"network_interface", EndpointId{id.value()}, *this, probes},
      input_buffer_{"input_buffer", id, BufferLevel::Which::input, probes},
      output_buffer_{"output_buffer", id, BufferLevel::Which::output, probes},
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

std::size_t Tile::add_part(StationId station, DuplicateId duplicate, const StationPart& part, DuplicateRun* run) {
  const std::size_t number = parts_.size();
  const std::size_t first = parts_.empty() ? 0 : parts_.back().first_in_ledger + parts_.back().tracker.sets();
  parts_.push_back({station, duplicate, &part, run, ArrivalTracker{plan_.stations[station], duplicate, part}, first});
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

void Tile::seal() {
  ledger_ = InputLedger{parts_.empty() ? 0 : parts_.back().first_in_ledger + parts_.back().tracker.sets()};
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const ArrivalTracker& tracker = parts_[part].tracker;
    for (std::size_t position = 0; position < tracker.sets(); ++position) {
      if (parts_[part].run != nullptr && !tracker.complete(position)) {
        parts_[part].run->group.add_waiting_tile(position);
      } else if (parts_[part].run == nullptr && tracker.complete(position)) {
        input_complete(part, position);  // wholly in the padding
      }
    }
  }
}

DuplicateRun& Tile::led_run(StationId station, DuplicateId duplicate) {
  const auto found = led_by_key_.find(key_of(station, duplicate));
  check_invariant(found != led_by_key_.end(), "a set command goes to the tile that leads the duplicate");
  return *found->second;
}

void Tile::command(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  const SetTransaction& set = set_of(payload);
  DuplicateRun& run = led_run(set.station, set.duplicate);
  check_invariant(plan_.stations[set.station].position_of[set.set] == run.group.commanded(),
                  "sets are commanded in the order of the schedule");
  run.group.command();
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  try_start(run);
}

void Tile::arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  const SetTransaction& set = set_of(payload);
  input_buffer_.store(set.size());
  if (set.kind == TransactionKind::psum) {
    enqueue({Job::Kind::partial_sum, 0, set.station, set.duplicate, set.set, set.slice, set.image});
  } else {
    region_arrived(set);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Tile::region_arrived(const SetTransaction& set) {
  ledger_.begin_region(set.size());
  const auto readers = readers_.find(set.station.value());
  if (readers != readers_.end()) {
    for (const std::size_t number : readers->second) {
      Part& part = parts_[number];
      part.tracker.arrive(set.station, set.rect, set.channels, [&](std::size_t position, bool complete) {
        ledger_.add_use(part.first_in_ledger + position);
        if (complete) {
          input_complete(number, position);
        }
      });
    }
  }
  const Bytes unused = ledger_.end_region();
  if (unused > Bytes{}) {
    input_buffer_.release(unused);
  }
}

void Tile::input_complete(std::size_t number, std::size_t position) {
  const Part& part = parts_[number];
  if (part.run == nullptr) {
    enqueue({Job::Kind::operation, number, part.station, part.duplicate, SetId{position}, 0, 0});
    return;
  }
  part.run->group.tile_ready(position);
  part.run->members.front().tile->try_start(*part.run);
}

void Tile::try_start(DuplicateRun& run) {
  if (!run.group.may_start()) {
    return;
  }
  const std::size_t position = run.group.start();
  const Station& station = plan_.stations[run.station];
  const SetId set = station.duplicates[run.duplicate].sequence[position];
  probes_.set_started.write({now(), 0, *station.layer, run.duplicate, set});
  Duration longest;
  for (const DuplicateRun::Member& member : run.members) {
    longest = std::max(longest, member.tile->begin_set(member.part, set));
  }
  const Duration end = now() + longest;
  timers_.push({end, timer_count_++, &run, {}});
  wake_at(end);
}

Duration Tile::begin_set(std::size_t number, SetId set) {
  const Part& part = parts_[number];
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& input = set_of(payload);
  input = {};
  input.kind = TransactionKind::ifm;
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

void Tile::end_set(std::size_t number, std::size_t position) {
  const Part& part = parts_[number];
  for (const PeId pe : part.spec->pes) {
    pes_[pe.value() - first_pe_.value()]->finish();
  }
  free_input(part, position);
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
  const std::size_t position = run.group.finish();
  const SetId set = duplicate.sequence[position];
  for (const DuplicateRun::Member& member : run.members) {
    member.tile->end_set(member.part, position);
  }
  probes_.set_finished.write({now(), 0, *station.layer, run.duplicate, set});
  try_start(run);
  for (std::uint32_t slice = 0; slice < duplicate.slices.size(); ++slice) {
    // The sums of a tile's own crossbars are added inside it; between tiles they travel from the chain's far end home.
    const Job job{Job::Kind::partial_sum, 0, run.station, run.duplicate, set, slice, 0};
    tile_at(run, duplicate.slices[slice].chain.back()).partial_sum_ready(job);
  }
}

Tile& Tile::tile_at(const DuplicateRun& run, EndpointId endpoint) const {
  const auto member = std::ranges::find_if(run.members, [&](const DuplicateRun::Member& candidate) {
    return candidate.tile->id_.value() == endpoint.value();
  });
  check_invariant(member != run.members.end(), "partial sums appear on the tiles of their duplicate");
  return *member->tile;
}

void Tile::partial_sum_ready(const Job& job) {
  const std::vector<EndpointId>& chain = plan_.stations[job.station].duplicates[job.duplicate].slices[job.slice].chain;
  const auto here = std::ranges::find(chain, EndpointId{id_.value()});
  check_invariant(here != chain.end(), "partial sums travel along their chain");
  if (here == chain.begin()) {
    result_ready(job);
  } else {
    send_partial_sum(job, *(here - 1));
  }
}

void Tile::send_partial_sum(const Job& job, EndpointId to) {
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& set = set_of(payload);
  set = {};
  set.kind = TransactionKind::psum;
  set.image = job.image;
  set.station = job.station;
  set.duplicate = job.duplicate;
  set.set = job.set;
  set.source = EndpointId{id_.value()};
  set.destination = to;
  set.rect = plan_.stations[job.station].set_rect(job.set);
  set.channels = plan_.stations[job.station].duplicates[job.duplicate].slices[job.slice].channels;
  set.bits_per_element = plan_.stations[job.station].psum_bits;
  set.slice = job.slice;
  set.result = store_result(set.size());
  address_payload(payload);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  results->b_transport(payload, delay);
  payload.release();
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
  const ResultSlice& slice = station.duplicates[job.duplicate].slices[job.slice];
  const Rect rect = station.result_rect(job.set);
  if (rect.empty()) {
    return;
  }
  const std::uint32_t number = store_result(packed_size(rect.area() * slice.channels.size(), station.bits_per_element));
  // One copy more than there are, until all have been sent: the first may leave before the last is made.
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
    ++results_in_buffer_[number].copies;
    address_payload(payload);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    results->b_transport(payload, delay);
    payload.release();
  });
  release_copy(number);
}

std::uint32_t Tile::store_result(Bytes size) {
  std::uint32_t number = static_cast<std::uint32_t>(results_in_buffer_.size());
  if (free_results_.empty()) {
    results_in_buffer_.emplace_back();
  } else {
    number = free_results_.back();
    free_results_.pop_back();
  }
  results_in_buffer_[number] = {size, 1};
  output_buffer_.store(size);
  return number;
}

void Tile::copy_left(const SetTransaction& copy) { release_copy(copy.result); }

void Tile::release_copy(std::uint32_t number) {
  Result& result = results_in_buffer_[number];
  if (--result.copies == 0) {
    output_buffer_.release(result.size);
    free_results_.push_back(number);
  }
}

void Tile::enqueue(const Job& job) {
  jobs_.push_back(job);
  // A delta later: what arrives at one instant is dealt with by the tile's own process, not by its sender's.
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void Tile::begin_job(const Job& job) {
  const Station& station = plan_.stations[job.station];
  const ResultSlice& slice = station.duplicates[job.duplicate].slices[job.slice];
  tlm::tlm_generic_payload& payload = pool_.acquire();
  SetTransaction& set = set_of(payload);
  set = {};
  set.station = job.station;
  set.duplicate = job.duplicate;
  set.set = job.set;
  set.source = set.destination = EndpointId{id_.value()};
  set.rect = job.kind == Job::Kind::partial_sum ? station.set_rect(job.set) : station.result_rect(job.set);
  set.channels = slice.channels;
  set.bits_per_element = station.bits_per_element;
  set.work = work_of(job);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  gpeu_port->b_transport(payload, delay);
  payload.release();
  if (delay == sc_core::SC_ZERO_TIME) {
    end_job(job);
  } else {
    timers_.push({now() + to_duration(delay), timer_count_++, nullptr, job});
  }
}

std::int64_t Tile::work_of(const Job& job) const {
  const Station& station = plan_.stations[job.station];
  const Interval channels = station.duplicates[job.duplicate].slices[job.slice].channels;
  return job.kind == Job::Kind::partial_sum ? station.set_rect(job.set).area() * channels.size() * kAddCost
                                            : station.gpeu_work(job.set, channels);
}

void Tile::end_job(const Job& job) {
  gpeu_.finish(work_of(job));
  switch (job.kind) {
    case Job::Kind::operation:
      ++parts_[job.part].finished;
      free_input(parts_[job.part], job.set.value());
      emit_result(job);
      break;
    case Job::Kind::partial_sum: {
      const Station& station = plan_.stations[job.station];
      const ResultSlice& slice = station.duplicates[job.duplicate].slices[job.slice];
      input_buffer_.release(packed_size(station.set_rect(job.set).area() * slice.channels.size(), station.psum_bits));
      partial_sum_ready(job);
      break;
    }
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
      if (timer.run != nullptr) {
        finish_set(*timer.run);
      } else {
        end_job(timer.job);
      }
      busy = true;
    }
    while (!jobs_.empty()) {
      const Job job = jobs_.front();
      jobs_.pop_front();
      begin_job(job);
      busy = true;
    }
  }
  if (!timers_.empty()) {
    wake_at(timers_.top().at);
  }
}

void Tile::wake_at(Duration at) { wake_.notify(to_sc_time(at - now())); }

bool Tile::retired() const {
  return std::ranges::all_of(led_,
                             [](const DuplicateRun* run) { return run->group.finished() == run->group.sets(); }) &&
         std::ranges::all_of(
             parts_, [](const Part& part) { return part.run != nullptr || part.finished == part.tracker.sets(); });
}

void Tile::diagnose(std::vector<std::string>& out, std::size_t limit) const {
  const std::string here = "tile " + std::to_string(id_.value());
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
      const SetId set = part.run != nullptr ? station.duplicates[part.duplicate].sequence[position] : SetId{position};
      out.push_back(here + ": " + station.name +
                    (part.run != nullptr ? ", duplicate " + std::to_string(part.duplicate.value()) : "") + ", set " +
                    std::to_string(set.value()) + " waits for " + std::to_string(part.tracker.missing(position)) +
                    " elements of " + part.tracker.needs_of(position, plan_.stations));
    }
  }
}

}  // namespace crossweave
