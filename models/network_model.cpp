#include "models/network_model.h"

#include "models/packet_transport.h"

namespace crossweave {
namespace {

/// Every transfer arrives at the instant at which it is sent.
class IdealNetwork final : public NetworkModel {
 public:
  bool send(std::uint64_t /*number*/, const Transfer& /*transfer*/, Duration /*now*/) override { return true; }
  void send_multicast(std::uint64_t /*number*/, const Transfer& /*transfer*/,
                      const std::vector<EndpointId>& /*destinations*/, Duration /*now*/) override {
    throw InternalError{"an ideal network has no routers that replicate"};
  }
  [[nodiscard]] Duration zero_load(const Transfer& /*transfer*/) const override { return {}; }
  [[nodiscard]] std::optional<Duration> next_event() const override { return std::nullopt; }
  void advance(Duration /*now*/, TransferListener& /*listener*/) override {}
  void check_conservation(bool /*all_arrived*/) const override {}
};

}  // namespace

std::unique_ptr<NetworkModel> make_network_model(const NocSpec& spec, const Placement& placement) {
  switch (spec.model) {
    case NocModel::ideal:
      return std::make_unique<IdealNetwork>();
    case NocModel::packet:
    case NocModel::flit:
      return std::make_unique<PacketTransport>(spec, placement);
  }
  throw InternalError{"unknown model of the network"};
}

}  // namespace crossweave
