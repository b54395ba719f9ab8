#include "frontend/record/stall_recorder.h"

#include <algorithm>

#include "arch/diagnostics.h"

namespace crossweave {

StallRecorder::StallRecorder(const ExecutionPlan& plan)
    : duplicates_(plan.placement.pes.size()), legs_(1), arrival_period_{plan.arrival_period} {
  unused_pes_ = static_cast<std::int64_t>(plan.placement.tile_of.size());
  for (const StationId id : ids(plan.stations)) {
    const Station& station = plan.stations[id];
    if (!station.layer) {
      continue;
    }
    for (const DuplicateId duplicate : ids(station.duplicates)) {
      const std::vector<StationPart>& parts = station.duplicates[duplicate].parts;
      Duplicate entry;
      entry.station = id;
      entry.first_group = groups_.size();
      entry.groups = parts.size();
      duplicates_[*station.layer].push_back(std::move(entry));
      for (const StationPart& part : parts) {
        const auto pes = static_cast<std::int64_t>(part.pes.size());
        groups_.push_back({*station.layer, duplicate, TileId{part.tile.value()}, pes, {}});
        unused_pes_ -= pes;
      }
    }
  }
}

PeState StallRecorder::state_of(Activity activity) {
  switch (activity) {
    case Activity::computing:
      return PeState::upstream;
    case Activity::gpeu:
      return PeState::gpeu;
    case Activity::buffer_port:
      return PeState::buffer_port;
    case Activity::noc_serialization:
      return PeState::noc_serialization;
    case Activity::noc_contention:
      return PeState::noc_contention;
    case Activity::dram:
      return PeState::dram;
    case Activity::input_space:
      return PeState::input_space;
    case Activity::output_blocked:
      return PeState::output_blocked;
  }
  throw InternalError{"unknown activity"};
}

// --- events ---

void StallRecorder::on(const JourneyLeg& event) {
  check_invariant(event.id.value() == legs_.size(), "legs are counted");
  legs_.push_back({event.before, event.activity, event.station, event.end, kNone});
}

void StallRecorder::on(const InputComplete& event) {
  duplicate_of(event.layer, event.duplicate)
      .arrivals[{event.image, event.set}]
      .push_back({event.tile, event.at, event.cause});
}

void StallRecorder::on(const SetReady& event) {
  Duplicate& duplicate = duplicate_of(event.layer, event.duplicate);
  const SetKey key{event.image, event.set};
  duplicate.ready.emplace(event.at, key);
  duplicate.ready_at[key] = event.at;
}

void StallRecorder::on(const SetStarted& event) {
  Duplicate& duplicate = duplicate_of(event.layer, event.duplicate);
  const SetKey key{event.image, event.set};
  if (const auto ready = duplicate.ready_at.find(key); ready != duplicate.ready_at.end()) {
    duplicate.ready.erase({ready->second, key});
    duplicate.ready_at.erase(ready);
  }
  Record record;
  record.station = duplicate.station;
  record.layer = event.layer;
  record.duplicate = event.duplicate;
  record.image = event.image;
  record.set = event.set;
  record.previous = duplicate.last;
  record.cause = event.cause;
  record.free_since = duplicate.last == kNone ? Duration{} : finish_of(duplicate.last);
  record.reading = event.reading;
  record.start = event.at;
  check_invariant(record.previous == kNone || records_[record.previous].finish > Duration{},
                  "a set starts when the one before it is done");

  // What all of the duplicate's PEs waited for last, whatever else was ready.
  const Duration complete = std::min(legs_[event.cause.value()].end, event.at);
  std::vector<Wait> waits;
  walk(event.cause, record.free_since, complete, waits);
  if (event.at > std::max(record.free_since, complete)) {
    check_invariant(event.reading < event.at, "a set that is ready starts when its crossbars are free");
    waits.push_back({PeState::buffer_port, event.at});
  }
  record.waits = keep(waits);

  // In-order from where a later set could have run.
  const Duration other_ready = duplicate.ready.empty() ? event.at : duplicate.ready.begin()->first;
  const Duration until = std::clamp(other_ready, record.free_since, event.at);
  record.in_order_since = until;
  record.own_waits = own_waits_.size();
  std::vector<Arrival> arrivals;
  if (const auto found = duplicate.arrivals.find(key); found != duplicate.arrivals.end()) {
    arrivals = std::move(found->second);
    duplicate.arrivals.erase(found);
  }
  Duration last_arrival;
  for (const Arrival& arrival : arrivals) {
    last_arrival = std::max(last_arrival, arrival.at);
  }
  for (std::size_t g = duplicate.first_group; g < duplicate.first_group + duplicate.groups; ++g) {
    Group& group = groups_[g];
    const auto own = std::ranges::find(arrivals, group.tile, &Arrival::tile);
    std::vector<Wait> of_group;
    const bool was_last = own != arrivals.end() && own->at == last_arrival;
    if (was_last) {
      of_group = waits;
    } else {
      if (own != arrivals.end()) {
        walk(own->cause, record.free_since, own->at, of_group);
      }
      if (last_arrival > record.free_since) {
        of_group.push_back({PeState::lockstep, last_arrival});
      }
      for (const Wait& wait : waits) {
        if (wait.end > last_arrival) {
          of_group.push_back(wait);
        }
      }
    }
    own_waits_.push_back(was_last ? record.waits : keep(of_group));
    Duration begin = record.free_since;
    for (const Wait& wait : of_group) {
      const Duration end = std::min(wait.end, until);
      if (end > begin) {
        group.times[static_cast<std::size_t>(wait.state)] += end - begin;
        begin = end;
      }
    }
    check_invariant(begin == until, "a wait is explained to its end");
    group.times[static_cast<std::size_t>(PeState::in_order)] += event.at - until;
  }
  duplicate.last = static_cast<RecordId>(records_.size());
  records_.push_back(record);
}

void StallRecorder::on(const SetFinished& event) {
  Duplicate& duplicate = duplicate_of(event.layer, event.duplicate);
  check_invariant(duplicate.last != kNone, "a set that finishes has started");
  Record& record = records_[duplicate.last];
  record.finish = event.at;
  legs_[event.leg.value()].set = duplicate.last;
  for (std::size_t g = duplicate.first_group; g < duplicate.first_group + duplicate.groups; ++g) {
    groups_[g].times[static_cast<std::size_t>(PeState::active)] += event.at - record.start;
  }
  if (event.at >= end_) {
    end_ = event.at;
    last_set_ = duplicate.last;
    last_write_ = {};
  }
}

void StallRecorder::on(const DramAccess& event) {
  if (event.write && !event.spilled && event.at >= end_) {
    end_ = event.at;
    last_write_ = event.leg;
  }
}

// --- where the time went ---

Duration StallRecorder::begin_of(const Leg& leg) const { return legs_[leg.before.value()].end; }

void StallRecorder::walk(LegId last, Duration from, Duration to, std::vector<Wait>& out) const {
  const std::size_t first = out.size();
  Duration until = to;
  const auto add = [&](PeState state, Duration begin) {
    if (until > std::max(begin, from)) {
      // Backwards in time: what is in the same state as what follows it, is one with it.
      if (out.size() == first || out.back().state != state) {
        out.push_back({state, until});
      }
      until = std::max(begin, from);
    }
  };
  LegId at = last;
  while (until > from && at.value() != 0) {
    const Leg& leg = legs_[at.value()];
    if (leg.activity != Activity::computing) {
      add(state_of(leg.activity), begin_of(leg));
      at = leg.before;
      continue;
    }
    if (leg.set == kNone) {
      // The network's input was asked for when its image arrived.
      add(PeState::arrival, from);
      break;
    }
    const Record& maker = records_[leg.set];
    add(PeState::upstream, maker.start);
    for (std::size_t i = maker.waits.count; i-- > 0 && until > from;) {
      const Wait& wait = waits_[maker.waits.first + i];
      const Duration begin = i == 0 ? maker.free_since : waits_[maker.waits.first + i - 1].end;
      add(wait.state, begin);
    }
    break;
  }
  // Before that the producer computed other sets, or nobody had asked.
  add(PeState::upstream, from);
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
}

std::vector<StallRecorder::Group> StallRecorder::groups(Duration latency) const {
  std::vector<Group> result = groups_;
  for (const auto& layer : duplicates_) {
    for (const Duplicate& duplicate : layer) {
      const Duration done = duplicate.last == kNone ? Duration{} : finish_of(duplicate.last);
      for (std::size_t g = duplicate.first_group; g < duplicate.first_group + duplicate.groups; ++g) {
        result[g].times[static_cast<std::size_t>(PeState::finished)] = latency - done;
        Duration sum;
        for (const Duration time : result[g].times) {
          sum += time;
        }
        check_invariant(sum == latency, "activity + waiting = latency, for every PE");
      }
    }
  }
  return result;
}

StallRecorder::Waits StallRecorder::keep(const std::vector<Wait>& waits) {
  const Waits kept{waits_.size(), waits.size()};
  waits_.insert(waits_.end(), waits.begin(), waits.end());
  return kept;
}

// --- set by set ---

std::vector<SetRun> StallRecorder::runs() const {
  std::vector<SetRun> runs;
  runs.reserve(records_.size());
  for (const Record& record : records_) {
    SetRun run{record.station,    record.layer, record.duplicate, record.image, record.set,
               record.free_since, record.start, record.finish,    std::nullopt, std::nullopt};
    LegId at = record.cause;
    if (at.value() != 0) {
      run.last_of = legs_[at.value()].station;
      while (legs_[at.value()].activity != Activity::computing) {
        at = legs_[at.value()].before;
      }
      if (const RecordId maker = legs_[at.value()].set; maker != kNone) {
        run.maker = maker;
      }
    }
    runs.push_back(run);
  }
  return runs;
}

void StallRecorder::for_each_wait(std::size_t run, std::size_t group,
                                  const std::function<void(PeState, Duration, Duration)>& visit) const {
  const Record& record = records_[run];
  const Duplicate& duplicate = duplicates_[record.layer][record.duplicate];
  check_invariant(group >= duplicate.first_group && group < duplicate.first_group + duplicate.groups,
                  "a group waits for sets of its duplicate");
  const Waits& waits = own_waits_[record.own_waits + group - duplicate.first_group];
  Duration begin = record.free_since;
  for (std::size_t i = 0; i < waits.count && begin < record.in_order_since; ++i) {
    const Wait& wait = waits_[waits.first + i];
    const Duration end = std::min(wait.end, record.in_order_since);
    if (end > begin) {
      visit(wait.state, begin, end);
      begin = end;
    }
  }
  if (record.start > record.in_order_since) {
    visit(PeState::in_order, record.in_order_since, record.start);
  }
}

void StallRecorder::for_each_state(std::optional<Duration> latency,
                                   const std::function<void(std::size_t, PeState, Duration, Duration)>& visit) const {
  for (std::size_t run = 0; run < records_.size(); ++run) {
    const Record& record = records_[run];
    const Duplicate& duplicate = duplicates_[record.layer][record.duplicate];
    for (std::size_t group = duplicate.first_group; group < duplicate.first_group + duplicate.groups; ++group) {
      if (record.start > record.free_since) {
        for_each_wait(run, group,
                      [&](PeState state, Duration begin, Duration end) { visit(group, state, begin, end); });
      }
      if (record.finish) {
        visit(group, PeState::active, record.start, *record.finish);
      }
    }
  }
  for (const auto& layer : duplicates_) {
    for (const Duplicate& duplicate : layer) {
      const Duration done = duplicate.last == kNone ? Duration{} : records_[duplicate.last].finish.value_or(Duration{});
      for (std::size_t i = 0; latency && done < *latency && i < duplicate.groups; ++i) {
        visit(duplicate.first_group + i, PeState::finished, done, *latency);
      }
    }
  }
}

std::vector<CriticalSegment> StallRecorder::critical_path() const {
  std::vector<CriticalSegment> path;
  Duration until = end_;
  const auto add = [&](PeState state, StationId station, Duration begin, std::optional<std::size_t> run = {}) {
    if (until > begin) {
      path.push_back({begin, until, state, station, run});
      until = begin;
    }
  };
  LegId leg_id = last_write_;
  RecordId set = leg_id.value() == 0 ? last_set_ : kNone;
  while (until > Duration{}) {
    if (set == kNone) {
      const Leg& leg = legs_[leg_id.value()];
      check_invariant(leg_id.value() != 0 && leg.end == until, "the critical path has no gap");
      if (leg.activity != Activity::computing) {
        add(state_of(leg.activity), leg.station, begin_of(leg));
        leg_id = leg.before;
        continue;
      }
      if (leg.set == kNone) {
        check_invariant(arrival_period_ > Duration{} && until.count_ps() % arrival_period_.count_ps() == 0,
                        "the critical path begins at 0, or when an image arrives");
        add(PeState::arrival, leg.station, Duration{});
        break;
      }
      set = leg.set;
    }
    const Record& record = records_[set];
    add(PeState::active, record.station, record.start, set);
    // A set starts when its crossbars are free, or when what it needs is there and has been read.
    for (;;) {
      const Record& starting = records_[set];
      if (starting.previous != kNone && finish_of(starting.previous) == until) {
        set = starting.previous;
        break;
      }
      add(PeState::buffer_port, starting.station, starting.reading);
      if (legs_[starting.cause.value()].end == until) {
        leg_id = starting.cause;
        set = kNone;
        break;
      }
      // It was read when the set before it left the crossbars' registers to it.
      check_invariant(starting.previous != kNone && records_[starting.previous].start == until,
                      "a set starts for a reason");
      set = starting.previous;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace crossweave
