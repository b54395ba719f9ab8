#include "models/dram.h"

#include <algorithm>
#include <utility>

#include "models/multicast.h"
#include "scheduler/result_copies.h"

namespace crossweave {

Dram::Dram(const sc_core::sc_module_name& name, const ExecutionPlan& plan, const Architecture& architecture,
           TransactionPool& pool, Probes& probes)
    : sc_module{name},
      plan_{plan},
      multicast_{architecture.noc.multicast},
      pool_{pool},
      probes_{probes},
      interface_{"network_interface", plan.dram(), *this, probes},
      layout_{plan},
      memory_{make_memory_model(architecture.dram)},
      missing_(plan.stations.size(), 0) {
  for (const NetworkOutput& output : plan.outputs) {
    missing_[output.producer] = plan.images * output.elements;
  }
  commands.register_b_transport(this, &Dram::read);
  received.register_b_transport(this, &Dram::write);
  send.bind(interface_.send);
  interface_.deliver.bind(received);
  SC_HAS_PROCESS(Dram);
  SC_METHOD(work);
  sensitive << wake_;
  dont_initialize();
}

void Dram::seal(const ReservationOrder* reservations, const std::vector<InputSpace*>& spaces) {
  reservations_ = reservations;
  spaces_ = spaces;
}

// --- reading and writing ---

void Dram::begin(Access access) {
  const SetTransaction& what = access.what;
  const std::int64_t address = what.spilled   ? layout_.spilled(what.region, what.size())
                               : access.write ? layout_.output(what)
                                              : layout_.input(what);
  std::uint64_t number = accesses_.size();
  if (free_numbers_.empty()) {
    accesses_.emplace_back();
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  if (memory_->submit(number, {access.write, address, what.size()}, now())) {
    free_numbers_.push_back(number);
    finish(std::move(access));
    return;
  }
  accesses_[number] = std::move(access);
  wake_when_due();
}

void Dram::access_done(std::uint64_t number) {
  Access access = std::move(accesses_[number]);
  free_numbers_.push_back(number);
  finish(std::move(access));
}

void Dram::work() {
  memory_->advance(now(), *this);
  wake_when_due();
}

void Dram::wake_when_due() {
  if (const std::optional<Duration> next = memory_->next_event()) {
    wake_.notify(to_sc_time(std::max(*next, now()) - now()));
  }
}

void Dram::finish(Access access) {
  SetTransaction& what = access.what;
  probes_.journeys.spend(what.journey, Activity::dram, now(), what.station);
  probes_.dram_access.write({now(), access.write, what.size(), what.spilled, what.image, what.journey.leg});
  if (access.write) {
    finish_write(what);
  }
  if (multicast_) {
    gather_multicasts(access.copies);
  }
  for (tlm::tlm_generic_payload* copy : access.copies) {
    set_of(*copy).journey = what.journey;
    to_read_back_ -= what.spilled ? what.size() : Bytes{};
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    send->b_transport(*copy, delay);
    copy->release();
  }
}

// --- the network's input ---

void Dram::read(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  Access access{false, set_of(payload), {}};
  access.what.journey = probes_.journeys.begin(access.what.station);
  const Station& station = plan_.stations[access.what.station];
  std::size_t region =
      reservations_ == nullptr
          ? 0
          : reservations_->first_copy(station, access.what.image, access.what.station, access.what.set, 0).value();
  for_each_copy(station, access.what.set, station.duplicates[DuplicateId{0}].slices.front(),
                [&](const Delivery& delivery, Interval channels) {
                  SetTransaction set = access.what;
                  set.destination = delivery.destination;
                  set.rect = delivery.rect;
                  set.channels = channels;
                  set.bits_per_element = station.bits_per_element;
                  set.region = RegionId{region++};
                  for (const std::uint32_t turn : turns_of(set.region)) {
                    tlm::tlm_generic_payload& copy = make_copy(set, turn);
                    if (has_space(copy)) {
                      access.copies.push_back(&copy);
                    }
                  }
                });
  if (!access.copies.empty()) {
    begin(std::move(access));
  }
}

std::vector<std::uint32_t> Dram::turns_of(RegionId region) const {
  if (reservations_ == nullptr) {
    return {0};
  }
  const auto several = reservations_->turns_by_dram.find(region);
  return several != reservations_->turns_by_dram.end() ? several->second
                                                       : std::vector{reservations_->regions[region].turn};
}

tlm::tlm_generic_payload& Dram::make_copy(const SetTransaction& set, std::uint32_t turn) {
  tlm::tlm_generic_payload& copy = pool_.acquire();
  set_of(copy) = set;
  set_of(copy).turn = turn;
  address_payload(copy);
  return copy;
}

bool Dram::has_space(tlm::tlm_generic_payload& copy) {
  const SetTransaction& set = set_of(copy);
  if (reservations_ == nullptr || set.destination == plan_.dram() ||
      spaces_[set.destination.value()]->ask(set.turn, *this, tickets_)) {
    return true;
  }
  held_[tickets_++] = &copy;
  return false;
}

void Dram::space_came(std::uint64_t ticket) {
  tlm::tlm_generic_payload& copy = *held_.at(ticket);
  held_.erase(ticket);
  read_for(copy);
}

void Dram::read_for(tlm::tlm_generic_payload& copy) {
  SetTransaction& set = set_of(copy);
  probes_.journeys.spend(set.journey, Activity::input_space, now(), set.station);
  begin({false, set, {&copy}});
}

// --- what comes from tiles ---

void Dram::write(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  begin({true, set_of(payload), {}});
}

void Dram::finish_write(const SetTransaction& set) {
  if (!set.spilled) {
    missing_[set.station] -= set.elements();
    check_invariant(missing_[set.station] >= 0, "no output element is written twice");
    return;
  }
  SetTransaction fetched = set;
  fetched.kind = TransactionKind::dram_read;
  fetched.source = plan_.dram();
  fetched.destination = reservations_->regions[set.region].tile;
  for (const std::uint32_t turn : turns_of(set.region)) {
    to_read_back_ += set.size();
    tlm::tlm_generic_payload& copy = make_copy(fetched, turn);
    if (has_space(copy)) {
      read_for(copy);
    }
  }
}

// --- how it ends ---

bool Dram::complete() const {
  for (const std::int64_t missing : missing_) {
    if (missing != 0) {
      return false;
    }
  }
  return to_read_back_ == Bytes{};
}

void Dram::diagnose(std::vector<std::string>& out) const {
  for (const StationId station : ids(missing_)) {
    if (missing_[station] != 0) {
      out.push_back("dram waits for " + std::to_string(missing_[station]) + " elements of the output of " +
                    plan_.stations[station].name);
    }
  }
}

}  // namespace crossweave
