#include "models/banked_dram.h"

#include <algorithm>

namespace crossweave {
namespace {

/// What precedes what among the commands that are legal in one cycle: reads and writes, then activates and precharges;
/// within these, the older burst.
std::int64_t order_of(DramCommandKind kind, std::int64_t age) {
  constexpr std::int64_t kLast = std::int64_t{1} << 62;
  return kind == DramCommandKind::read || kind == DramCommandKind::write ? age : kLast + age;
}

}  // namespace

BankedDram::BankedDram(const BankedDramSpec& spec)
    : spec_{spec}, map_{spec.device.organization, spec.controller.mapping}, state_{spec.device} {
  const DramOrganization& organization = spec.device.organization;
  for (Queue* queue : {&reads_, &writes_}) {
    queue->bursts.resize(static_cast<std::size_t>(organization.ranks * organization.banks_of_rank()));
    queue->next.resize(queue->bursts.size());
  }
  // Ranks take turns, so that one works while another is refreshed.
  const DramCycle interval = spec.device.timing.refi;
  for (int rank = 0; rank < organization.ranks; ++rank) {
    refresh_due_.push_back(spec.controller.refresh == DramRefresh::none ? kNever
                                                                        : interval * (rank + 1) / organization.ranks);
  }
}

void BankedDram::submit(const DramAccess& access, DramCycle at) {
  check_invariant(at >= now_ && access.address >= 0 && access.size > Bytes{0},
                  "an access is not of the past, and has a place");
  check_invariant(input_.empty() || at >= accesses_[input_.back()].arrival, "accesses come in their order");
  const std::int64_t burst = spec_.device.organization.burst().count();
  const std::int64_t first = access.address / burst;
  const std::int64_t end = (access.address + access.size.count() - 1) / burst + 1;
  const Access entered{access.tag, access.write, at, first, end, end - first, std::nullopt, 0};
  Index index = static_cast<Index>(accesses_.size());
  if (free_accesses_.empty()) {
    accesses_.push_back(entered);
  } else {
    index = free_accesses_.back();
    free_accesses_.pop_back();
    accesses_[index] = entered;
  }
  bursts_submitted_ += end - first;
  input_.push_back(index);
  if (input_.size() == 1) {
    step_ = next_step();
  }
}

std::optional<DramCycle> BankedDram::next_event() const {
  DramCycle next = completions_.empty() ? kNever : completions_.front().done;
  if (step_.what != Step::What::none) {
    next = std::min(next, soonest_done());
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

/// No burst that has not had its command is done before.
DramCycle BankedDram::soonest_done() const {
  const DramTiming& timing = spec_.device.timing;
  DramCycle after = std::min(timing.cl, timing.cwl) + spec_.device.organization.burst_cycles();
  DramCycle from = step_.at;
  if (!input_.empty()) {
    const Access& front = accesses_[input_.front()];
    // Sooner only if it is read from the write queue: after the bursts before it, one a cycle, among which is a write.
    const DramCycle bursts = front.end - front.next;
    after = std::min(after, front.write ? bursts : writes_.waiting > 0 ? bursts - 1 : bursts + 1);
    // The step may be an overdue refresh.
    from = idle() ? std::max(from, front.arrival) : from;
  }
  return from + after + spec_.controller.cycles;
}

void BankedDram::advance_to(DramCycle cycle, DramListener& listener) {
  check_invariant(cycle >= now_ && cycle < kNever, "time does not run backwards");
  for (;;) {
    const DramCycle done = completions_.empty() ? kNever : completions_.front().done;
    if (step_.at <= std::min(cycle, done)) {
      perform(step_);
      step_ = next_step();
    } else if (done <= cycle) {
      now_ = std::max(now_, done);
      const Index index = completions_.front().access;
      completions_.pop_front();
      free_accesses_.push_back(index);
      const Access access = accesses_[index];  // a copy: the listener may submit
      listener.access_done(access.tag, {*access.accepted, access.done});
    } else {
      break;
    }
  }
  now_ = cycle;
}

void BankedDram::finish(DramListener& listener) {
  while (const std::optional<DramCycle> next = next_event()) {
    advance_to(*next, listener);
  }
}

/// Whether writes have their turn, not reads.
bool BankedDram::writes_turn() const { return draining_ || (reads_.waiting == 0 && writes_.waiting > 0); }

BankedDram::Step BankedDram::next_step() const {
  Step step;
  if (!input_.empty()) {
    const Access& access = accesses_[input_.front()];
    const int room = access.write ? spec_.controller.write_queue : spec_.controller.read_queue;
    if (queue(access.write).waiting < room) {
      step = {std::max(access.arrival, take_from_), Step::What::take, 0};
    }
  }
  if (idle() && input_.empty()) {
    return step;  // refreshes wait until somebody could notice them
  }
  const int ranks = static_cast<int>(refresh_due_.size());
  for (int rank = 0; rank < ranks; ++rank) {
    consider_commands(rank, step);
  }
  for (int rank = 0; rank < ranks; ++rank) {
    consider_refresh(rank, step);
  }
  return step;
}

void BankedDram::consider_commands(int rank, Step& step) const {
  const Queue& served = queue(writes_turn());
  const int end = (rank + 1) * state_.banks_of_rank();
  const auto first_cycle = [this, &served](int bank) {
    const Candidate& candidate = served.next[static_cast<std::size_t>(bank)];
    return std::max(candidate.from, state_.group_from(candidate.kind, bank));
  };
  // Two passes without branches that hang on the data: these would cost more than the second pass.
  DramCycle at = kNever;
  for (int bank = rank * state_.banks_of_rank(); bank < end; ++bank) {
    at = std::min(at, first_cycle(bank));
  }
  at = std::max(at, command_from_);
  // A rank whose refresh is due takes nothing else.
  if (at > step.at || at >= refresh_due_[static_cast<std::size_t>(rank)]) {
    return;
  }
  std::int64_t first = kNever;
  int next = 0;
  for (int bank = rank * state_.banks_of_rank(); bank < end; ++bank) {
    const std::int64_t order = first_cycle(bank) <= at ? served.next[static_cast<std::size_t>(bank)].order : kNever;
    next = order < first ? bank : next;
    first = std::min(first, order);
  }
  const bool tie = at == step.at;
  if (!tie || (step.what == Step::What::command && first < served.next[static_cast<std::size_t>(step.subject)].order)) {
    step = {at, Step::What::command, next};
  }
}

void BankedDram::consider_refresh(int rank, Step& step) const {
  const DramCycle due = std::max(refresh_due_[static_cast<std::size_t>(rank)], command_from_);
  if (due > step.at) {
    return;
  }
  const bool open = state_.any_open(rank);
  const DramCommandKind kind = open ? DramCommandKind::precharge_all : DramCommandKind::refresh;
  const DramCycle at = std::max(due, state_.rank_from(kind, rank));
  if (at < step.at || (at == step.at && step.what == Step::What::command)) {
    step = {at, open ? Step::What::precharge_all : Step::What::refresh, rank};
  }
}

void BankedDram::perform(const Step& step) {
  now_ = std::max(now_, step.at);
  switch (step.what) {
    case Step::What::none:
      return;
    case Step::What::take:
      command_from_ = std::max(command_from_, step.at);
      take(step.at);
      return;
    case Step::What::precharge_all:
      command_from_ = step.at + 1;
      state_.precharge_all(step.subject, step.at);
      ++counts_.precharges;
      log(step.at, DramCommandKind::precharge_all, step.subject, 0, 0);
      break;
    case Step::What::refresh:
      command_from_ = step.at + 1;
      refresh(step.subject, step.at);
      break;
    case Step::What::command:
      command_from_ = step.at + 1;
      command(step.subject, step.at);
      renew(step.subject);
      return;
  }
  const int banks = state_.banks_of_rank();
  for (int bank = step.subject * banks; bank < (step.subject + 1) * banks; ++bank) {
    renew(bank);
  }
}

/// The first burst of the input queue enters the controller.
void BankedDram::take(DramCycle at) {
  take_from_ = at + 1;
  const Index index = input_.front();
  Access& access = accesses_[index];
  const DramLocation place = map_.locate(access.next++);
  const bool write = access.write;
  if (!access.accepted) {
    access.accepted = at;
  }
  if (access.next == access.end) {
    input_.pop_front();
  }
  const auto bank = static_cast<std::size_t>(place.bank);
  if (!write && writes_.waiting > 0 && std::ranges::any_of(writes_.bursts[bank], [&place](const WaitingBurst& other) {
        return other.row == place.row && other.column == place.column;
      })) {
    ++counts_.forwarded;
    burst_done(index, at + spec_.controller.cycles);
    return;
  }
  Queue& entered = queue(write);
  entered.bursts[bank].push_back({age_++, place.row, place.column, index, RowOutcome::hit});
  ++entered.waiting;
  draining_ = draining_ || writes_.waiting >= spec_.controller.write_high;
  renew(place.bank);
}

/// Issues the command of a bank's candidate.
void BankedDram::command(int bank, DramCycle at) {
  const bool writes = writes_turn();
  Queue& served = queue(writes);
  const Candidate candidate = served.next[static_cast<std::size_t>(bank)];
  std::vector<WaitingBurst>& bursts = served.bursts[static_cast<std::size_t>(bank)];
  WaitingBurst& burst = bursts[candidate.place];
  log(at, candidate.kind, state_.rank_of(bank), bank, burst.row);
  const DramTiming& timing = spec_.device.timing;
  switch (candidate.kind) {
    case DramCommandKind::precharge:
      state_.precharge(bank, at);
      ++counts_.precharges;
      burst.outcome = RowOutcome::conflict;
      return;
    case DramCommandKind::activate:
      state_.activate(bank, burst.row, at);
      ++counts_.activates;
      burst.outcome = std::max(burst.outcome, RowOutcome::closed);
      return;
    case DramCommandKind::read:
      state_.read(bank, at);
      ++counts_.reads;
      break;
    case DramCommandKind::write:
      state_.write(bank, at);
      ++counts_.writes;
      break;
    case DramCommandKind::precharge_all:
    case DramCommandKind::refresh:
      throw InternalError{"a bank has commands of its own"};
  }
  switch (burst.outcome) {
    case RowOutcome::hit:
      ++counts_.row_hits;
      break;
    case RowOutcome::closed:
      ++counts_.row_closed;
      break;
    case RowOutcome::conflict:
      ++counts_.row_conflicts;
      break;
  }
  const int latency = writes ? timing.cwl : timing.cl;
  burst_done(burst.access, at + latency + spec_.device.organization.burst_cycles() + spec_.controller.cycles);
  bursts.erase(bursts.begin() + static_cast<std::ptrdiff_t>(candidate.place));
  --served.waiting;
  take_from_ = std::max(take_from_, at);
  draining_ = draining_ && writes_.waiting > spec_.controller.write_low;
}

void BankedDram::refresh(int rank, DramCycle at) {
  state_.refresh(rank, at);
  log(at, DramCommandKind::refresh, rank, 0, 0);
  DramCycle& due = refresh_due_[static_cast<std::size_t>(rank)];
  const DramCycle interval = spec_.device.timing.refi;
  due += interval;
  ++counts_.refreshes;
  // Until the next access, all but the last refresh are of no consequence.
  if (idle() && !input_.empty()) {
    const DramCycle passed = std::max<DramCycle>(accesses_[input_.front()].arrival - due, 0) / interval;
    due += passed * interval;
    counts_.refreshes += passed;
  }
}

/// Finds what a bank does next, after its queues, its row or its constraints have changed.
void BankedDram::renew(int bank) {
  const int open_row = state_.open_row(bank);
  for (const bool write : {false, true}) {
    Queue& of = queue(write);
    const std::vector<WaitingBurst>& bursts = of.bursts[static_cast<std::size_t>(bank)];
    Candidate& next = of.next[static_cast<std::size_t>(bank)];
    if (bursts.empty()) {
      next = {};
      continue;
    }
    next.place = next_burst(spec_.controller.scheduler, bursts, open_row);
    const WaitingBurst& burst = bursts[next.place];
    next.kind = open_row == DramBankState::kNoRow ? DramCommandKind::activate
                : open_row != burst.row           ? DramCommandKind::precharge
                : write                           ? DramCommandKind::write
                                                  : DramCommandKind::read;
    next.from = state_.bank_from(next.kind, bank);
    next.order = order_of(next.kind, burst.age);
  }
}

void BankedDram::burst_done(Index index, DramCycle done) {
  ++bursts_done_;
  Access& access = accesses_[index];
  access.done = std::max(access.done, done);
  if (--access.open > 0) {
    return;
  }
  // Data comes in the order of the commands; only what is forwarded overtakes.
  const auto place = !completions_.empty() && completions_.back().done > access.done
                         ? std::ranges::upper_bound(completions_, access.done, {}, &Completion::done)
                         : completions_.end();
  completions_.insert(place, {access.done, index});
}

void BankedDram::log(DramCycle at, DramCommandKind kind, int rank, int bank, int row) {
  if (log_ != nullptr) {
    log_->push_back({at, kind, rank, bank, row});
  }
}

void BankedDram::check_conservation(bool all_done) const {
  std::int64_t to_take = 0;
  for (const Index index : input_) {
    to_take += accesses_[index].end - accesses_[index].next;
  }
  const std::int64_t waiting = reads_.waiting + writes_.waiting;
  check_invariant(bursts_submitted_ == bursts_done_ + waiting + to_take, "no burst is lost");
  check_invariant(counts_.row_hits + counts_.row_closed + counts_.row_conflicts == counts_.reads + counts_.writes,
                  "each burst finds its row in some state");
  check_invariant(!all_done || (bursts_submitted_ == bursts_done_ && completions_.empty()), "every access ends");
}

}  // namespace crossweave
