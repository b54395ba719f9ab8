// Does a network interface keep order, stall while the network does, and tell its sender once when a copy has left?
#include "models/network_interface.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fresh_kernel.h"

namespace crossweave {
namespace {

constexpr std::size_t kHere = 4;
constexpr std::size_t kThere = 9;

/// Transactions are told apart by their set.
std::uint32_t number_of(tlm::tlm_generic_payload& payload) { return set_of(payload).set.value(); }

/// Takes requests at once or later, as its queue of answers says; at once when that is empty.
class MockNetwork final : public sc_core::sc_module {
 public:
  enum class Answer { completed, updated, later };

  explicit MockNetwork(const sc_core::sc_module_name& name) : sc_module{name} {
    from.register_nb_transport_fw(this, &MockNetwork::nb_transport_fw);
  }

  /// Ends the request that has been accepted.
  tlm::tlm_sync_enum end_request() {
    tlm::tlm_generic_payload& payload = *pending.front();
    pending.pop_front();
    return end_request_of(payload, tlm::END_REQ);
  }
  tlm::tlm_sync_enum end_request_of(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    return from->nb_transport_bw(payload, phase, delay);
  }
  tlm::tlm_sync_enum deliver(tlm::tlm_generic_payload& payload) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    return to->nb_transport_fw(payload, phase, delay);
  }

  tlm_utils::simple_target_socket<MockNetwork> from{"from"};
  tlm_utils::simple_initiator_socket<MockNetwork> to{"to"};
  std::deque<Answer> answers;
  std::vector<std::uint32_t> begun;
  std::deque<tlm::tlm_generic_payload*> pending;
  std::function<void()> on_begin = [] {};

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) {
    CHECK(phase == tlm::BEGIN_REQ);
    begun.push_back(number_of(payload));
    on_begin();
    const Answer answer = answers.empty() ? Answer::completed : answers.front();
    if (!answers.empty()) {
      answers.pop_front();
    }
    if (answer == Answer::completed) {
      return tlm::TLM_COMPLETED;
    }
    if (answer == Answer::updated) {
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
    pending.push_back(&payload);
    return tlm::TLM_ACCEPTED;
  }
};

/// The endpoint behind the interface.
class MockEndpoint final : public sc_core::sc_module, public CopyListener {
 public:
  explicit MockEndpoint(const sc_core::sc_module_name& name) : sc_module{name} {
    received.register_b_transport(this, &MockEndpoint::b_transport);
  }

  tlm_utils::simple_initiator_socket<MockEndpoint> send{"send"};
  tlm_utils::simple_target_socket<MockEndpoint> received{"received"};
  std::vector<std::uint32_t> left;
  std::vector<std::uint32_t> arrived;
  std::function<void()> on_left = [] {};

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
    arrived.push_back(number_of(payload));
  }
  void copy_left(const SetTransaction& copy) override {
    left.push_back(copy.set.value());
    on_left();
  }
};

struct Deliveries final : tlm::tlm_analysis_if<TransferDelivered> {
  void write(const TransferDelivered& event) override { events.push_back(event); }
  std::vector<TransferDelivered> events;
};

using Numbers = std::vector<std::uint32_t>;
using Answer = MockNetwork::Answer;

struct Rig {
  Rig() {
    endpoint.send.bind(interface.send);
    interface.deliver.bind(endpoint.received);
    interface.to_network.bind(network.from);
    network.to.bind(interface.from_network);
    probes.transfer_delivered.bind(deliveries);
    // Binds the sockets. That nothing else happens is no cause for a warning.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_, sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  tlm::tlm_generic_payload& make(std::uint32_t number, std::size_t destination) {
    tlm::tlm_generic_payload& payload = pool.acquire();
    SetTransaction& set = set_of(payload);
    set = {};
    set.set = SetId{number};
    set.source = EndpointId{kHere};
    set.destination = EndpointId{destination};
    set.rect = {{0, 2}, {0, 3}};
    set.channels = {0, 5};
    address_payload(payload);
    return payload;
  }
  void send(std::uint32_t number, std::size_t destination = kThere) {
    tlm::tlm_generic_payload& payload = make(number, destination);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    endpoint.send->b_transport(payload, delay);
    payload.release();
  }

  test::FreshKernel kernel;
  TransactionPool pool;
  Probes probes;
  Deliveries deliveries;
  MockEndpoint endpoint{"endpoint"};
  MockNetwork network{"network"};
  NetworkInterface interface { "interface", EndpointId{kHere}, endpoint, probes };
};

TEST_CASE("what the network takes at once leaves at once", "[network_interface]") {
  const auto way = GENERATE(Answer::completed, Answer::updated);
  Rig rig;
  rig.network.answers.assign(3, way);
  for (std::uint32_t number = 1; number <= 3; ++number) {
    rig.send(number);
    CHECK(rig.interface.queued() == 0);
    CHECK(rig.pool.in_flight() == 0);
    CHECK(rig.endpoint.left.size() == number);
  }
  CHECK(rig.network.begun == Numbers{1, 2, 3});
  CHECK(rig.endpoint.left == Numbers{1, 2, 3});
  CHECK(rig.endpoint.arrived.empty());
}

TEST_CASE("the interface stalls until the network ends the request", "[network_interface]") {
  Rig rig;
  rig.network.answers = {Answer::completed, Answer::later, Answer::completed, Answer::later, Answer::updated};
  for (std::uint32_t number = 1; number <= 5; ++number) {
    rig.send(number);
  }
  // 2 is with the network, which has not ended its request; nothing overtakes it.
  CHECK(rig.network.begun == Numbers{1, 2});
  CHECK(rig.endpoint.left == Numbers{1});
  CHECK(rig.interface.queued() == 4);
  CHECK(rig.pool.in_flight() == 4);
  // Time alone changes nothing.
  sc_core::sc_start(1, sc_core::SC_US);
  CHECK(rig.network.begun == Numbers{1, 2});

  CHECK(rig.network.end_request() == tlm::TLM_COMPLETED);
  CHECK(rig.network.begun == Numbers{1, 2, 3, 4});
  CHECK(rig.endpoint.left == Numbers{1, 2, 3});
  CHECK(rig.interface.queued() == 2);
  CHECK(rig.pool.in_flight() == 2);

  rig.send(6);
  CHECK(rig.network.begun == Numbers{1, 2, 3, 4});
  CHECK(rig.interface.queued() == 3);

  rig.network.end_request();
  CHECK(rig.network.begun == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(rig.endpoint.left == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(rig.interface.queued() == 0);
  CHECK(rig.pool.in_flight() == 0);
}

TEST_CASE("a request may be ended from a process of the network", "[network_interface]") {
  Rig rig;
  rig.network.answers.assign(4, Answer::later);
  for (std::uint32_t number = 1; number <= 4; ++number) {
    rig.send(number);
  }
  for (std::uint32_t ended = 1; ended <= 4; ++ended) {
    sc_core::sc_start(10, sc_core::SC_NS);
    rig.network.end_request();
    CHECK(rig.endpoint.left.size() == ended);
    CHECK(rig.network.begun.size() == std::min<std::size_t>(ended + 1, 4));
    CHECK(rig.pool.in_flight() == 4 - ended);
  }
  CHECK(rig.endpoint.left == Numbers{1, 2, 3, 4});
}

TEST_CASE("what stays within the tile does not use the network", "[network_interface]") {
  Rig rig;
  rig.send(1, kHere);
  CHECK(rig.network.begun.empty());
  CHECK(rig.endpoint.arrived == Numbers{1});
  CHECK(rig.endpoint.left == Numbers{1});
  REQUIRE(rig.deliveries.events.size() == 1);
  CHECK(rig.deliveries.events[0].routers == 0);
  CHECK(rig.deliveries.events[0].source == EndpointId{kHere});
  CHECK(rig.deliveries.events[0].destination == EndpointId{kHere});
  CHECK(rig.deliveries.events[0].size == Bytes{30});
  CHECK(rig.pool.in_flight() == 0);

  // Nor does it wait for the network.
  rig.network.answers = {Answer::later};
  rig.send(2);
  rig.send(3, kHere);
  CHECK(rig.endpoint.arrived == Numbers{1, 3});
  CHECK(rig.endpoint.left == Numbers{1, 3});
  CHECK(rig.interface.queued() == 1);
  rig.network.end_request();
  CHECK(rig.endpoint.left == Numbers{1, 3, 2});
  CHECK(rig.pool.in_flight() == 0);
}

TEST_CASE("what comes from the network is always taken", "[network_interface]") {
  Rig rig;
  rig.network.answers = {Answer::later};
  rig.send(1);
  tlm::tlm_generic_payload& payload = rig.make(2, kHere);
  CHECK(rig.network.deliver(payload) == tlm::TLM_COMPLETED);
  CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
  payload.release();
  CHECK(rig.endpoint.arrived == Numbers{2});
  CHECK(rig.endpoint.left.empty());
  // The network publishes it, not the interface.
  CHECK(rig.deliveries.events.empty());
  rig.network.end_request();
  CHECK(rig.pool.in_flight() == 0);
}

TEST_CASE("a send in answer to a request keeps its place in the queue", "[network_interface]") {
  // The network of `noc.model: ideal` delivers while it takes the request, and the receiver may cause more to be sent.
  Rig rig;
  bool more = true;
  rig.network.on_begin = [&] {
    if (more) {
      more = false;
      rig.send(2);
      rig.send(3);
    }
  };
  rig.send(1);
  CHECK(rig.network.begun == Numbers{1, 2, 3});
  CHECK(rig.endpoint.left == Numbers{1, 2, 3});
  CHECK(rig.pool.in_flight() == 0);
}

TEST_CASE("a send in answer to a copy that left is begun once", "[network_interface]") {
  const bool stalls_first = GENERATE(false, true);
  Rig rig;
  if (stalls_first) {
    rig.network.answers = {Answer::later};
  }
  rig.network.answers.push_back(stalls_first ? Answer::later : Answer::completed);
  rig.network.answers.push_back(Answer::later);
  bool more = true;
  rig.endpoint.on_left = [&] {
    if (more) {
      more = false;
      rig.send(2);
      rig.send(3);
    }
  };
  rig.send(1);
  while (!rig.network.pending.empty()) {
    rig.network.end_request();
  }
  CHECK(rig.network.begun == Numbers{1, 2, 3});
  CHECK(rig.endpoint.left == Numbers{1, 2, 3});
  CHECK(rig.interface.queued() == 0);
  CHECK(rig.pool.in_flight() == 0);
}

TEST_CASE("a network that breaks the protocol is caught", "[network_interface]") {
  Rig rig;
  tlm::tlm_generic_payload& other = rig.make(99, kThere);
  SECTION("no request is under way") {
    CHECK_THROWS_AS(rig.network.end_request_of(other, tlm::END_REQ), InternalError);
  }
  SECTION("another payload than the one it took") {
    rig.network.answers = {Answer::later};
    rig.send(1);
    CHECK_THROWS_AS(rig.network.end_request_of(other, tlm::END_REQ), InternalError);
  }
  SECTION("another phase") {
    rig.network.answers = {Answer::later};
    rig.send(1);
    CHECK_THROWS_AS(rig.network.end_request_of(*rig.network.pending.front(), tlm::BEGIN_RESP), InternalError);
  }
  other.release();
}

}  // namespace
}  // namespace crossweave
