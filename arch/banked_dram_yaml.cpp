#include "arch/banked_dram_yaml.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossweave {
namespace {

constexpr std::int64_t kMostCycles = 1'000'000;
constexpr std::int64_t kMostWaiting = 4096;

struct OrganizationKey {
  std::string_view name;
  int DramOrganization::*member;
  std::int64_t least;
  std::int64_t most;
  std::string_view unit;
  std::string_view meaning;
};
constexpr OrganizationKey kOrganizationKeys[]{
    {"ranks", &DramOrganization::ranks, 1, 16, "", "of the channel"},
    {"bank_groups", &DramOrganization::bank_groups, 1, 16, "", "of a rank"},
    {"banks", &DramOrganization::banks, 1, 64, "", "of a bank group"},
    {"rows", &DramOrganization::rows, 1, 1 << 24, "", "of a bank"},
    {"columns", &DramOrganization::columns, 1, 1 << 16, "", "of a row, each as wide as the bus"},
    {"bus_bits", &DramOrganization::bus_bits, 8, 1024, "bits", "data wires over all devices of a rank"},
    {"burst_length", &DramOrganization::burst_length, 2, 64, "transfers", "of a read or write"},
};

struct TimingKey {
  std::string_view name;
  int DramTiming::*member;
  int DramTiming::*otherwise;  ///< stands in where the key is absent; nullptr: it must not be
  std::string_view meaning;
};
constexpr TimingKey kTimingKeys[]{
    {"tCL", &DramTiming::cl, nullptr, "read to the first of its data"},
    {"tCWL", &DramTiming::cwl, nullptr, "write to the first of its data"},
    {"tRCD", &DramTiming::rcd, nullptr, "activate to read, same bank"},
    {"tRCDWR", &DramTiming::rcd_wr, &DramTiming::rcd, "activate to write, same bank"},
    {"tRP", &DramTiming::rp, nullptr, "precharge to activate, same bank"},
    {"tRPab", &DramTiming::rp_ab, &DramTiming::rp, "precharge of all banks to activate or refresh"},
    {"tRAS", &DramTiming::ras, nullptr, "activate to precharge, same bank"},
    {"tRC", &DramTiming::rc, nullptr, "activate to activate, same bank"},
    {"tRRD_S", &DramTiming::rrd_s, nullptr, "activate to activate, other bank group"},
    {"tRRD_L", &DramTiming::rrd_l, &DramTiming::rrd_s, "the same within a bank group"},
    {"tFAW", &DramTiming::faw, nullptr, "holds at most four activates of a rank"},
    {"tCCD_S", &DramTiming::ccd_s, nullptr, "read to read, or write to write, other bank group"},
    {"tCCD_L", &DramTiming::ccd_l, &DramTiming::ccd_s, "the same within a bank group"},
    {"tRTW", &DramTiming::rtw, nullptr, "read to write command, same rank"},
    {"tWTR_S", &DramTiming::wtr_s, nullptr, "end of a write's data to read, other bank group"},
    {"tWTR_L", &DramTiming::wtr_l, &DramTiming::wtr_s, "the same within a bank group"},
    {"tWR", &DramTiming::wr, nullptr, "end of a write's data to precharge, same bank"},
    {"tRTP", &DramTiming::rtp, nullptr, "read to precharge, same bank"},
    {"tRTRS", &DramTiming::rtrs, nullptr, "idle bus between data of two ranks"},
    {"tREFI", &DramTiming::refi, nullptr, "one refresh of a rank to the next, on average"},
    {"tRFC", &DramTiming::rfc, nullptr, "refresh to activate or refresh"},
};

struct ControllerKey {
  std::string_view name;
  int DramController::*member;
  std::int64_t least;
  std::int64_t most;
  std::string_view unit;
  std::string_view meaning;
};
constexpr ControllerKey kControllerKeys[]{
    {"read_queue", &DramController::read_queue, 1, kMostWaiting, "bursts", "that wait in the controller"},
    {"write_queue", &DramController::write_queue, 1, kMostWaiting, "bursts", "the same"},
    {"write_high", &DramController::write_high, 1, kMostWaiting, "bursts", "writes go first from so many waiting"},
    {"write_low", &DramController::write_low, 0, kMostWaiting, "bursts", "until no more than so many do"},
    {"cycles", &DramController::cycles, 0, kMostCycles, "cycles", "that the controller adds to a burst's latency"},
};

/// Reports where the figures of a mapping contradict one another.
void judge(MapReader& reader, const std::vector<Contradiction>& contradictions) {
  for (const Contradiction& contradiction : contradictions) {
    reader.error(contradiction.key, contradiction.message);
  }
}

BoundValue power_of_two(int& place, const OrganizationKey& key) {
  BoundValue value = integer(place, key.least, key.most, key.unit);
  value.forms.front().bounds = "a power of two";
  value.read = [read = std::move(value.read), &place](MapReader& reader, std::string_view name, bool required) {
    read(reader, name, required);
    // Defaults are powers of two: another number has been read.
    if (!std::has_single_bit(static_cast<unsigned>(place))) {
      reader.error(name, "expected a power of two, got " + std::to_string(place));
    }
  };
  return value;
}

/// Written as in `rochrababgco`.
BoundValue address_mapping(DramMapping& place) {
  return {{{.kind = ValueForm::Kind::text}},
          [&place](MapReader& reader, std::string_view key, bool /*required*/) {
            const std::optional<std::string> mapping = reader.string(key);
            if (!mapping) {
              return;
            }
            if (const Result<DramMapping, Failure> parsed = parse_dram_mapping(*mapping)) {
              place = *parsed;
            } else {
              reader.error(key, parsed.error().message);
            }
          },
          [&place] { return to_string(place); }};
}

void list_organization(Keys& keys, DramOrganization& organization) {
  for (const OrganizationKey& key : kOrganizationKeys) {
    keys.required(key.name, power_of_two(organization.*key.member, key), key.meaning);
  }
}

void list_timing(Keys& keys, DramTiming& timing) {
  for (const TimingKey& key : kTimingKeys) {
    int& place = timing.*key.member;
    BoundValue value = integer(place, 0, kMostCycles, "cycles");
    if (key.otherwise == nullptr) {
      keys.required(key.name, value, key.meaning);
      continue;
    }
    value.otherwise =
        "that of `" + std::string{std::ranges::find(kTimingKeys, key.otherwise, &TimingKey::member)->name} + "`";
    value.read = [&place, &otherwise = timing.*key.otherwise, read = std::move(value.read)](
                     MapReader& reader, std::string_view name, bool required) {
      place = otherwise;
      read(reader, name, required);
    };
    keys.optional(key.name, value, key.meaning);
  }
}

}  // namespace

void list_keys(Keys& keys, DramDevice& device) {
  keys.required("name", text(device.name), "of the device, for reports");
  keys.required("clock", clock(device.clock), "of commands; data moves twice a cycle");
  bool organized = false;
  keys.required_section("organization", "a mapping with ranks, bank_groups, banks", "how its bits lie",
                        [&](Keys& inner) {
                          list_organization(inner, device.organization);
                          inner.rule([&](MapReader& reader) {
                            judge(reader, contradictions(device.organization));
                            organized = reader.clean();
                          });
                        });
  keys.required_section("timing", "a mapping with tCL, tRCD, tRP", "as in the JEDEC standards", [&](Keys& inner) {
    list_timing(inner, device.timing);
    inner.rule([&](MapReader& reader) {
      if (organized) {
        judge(reader, contradictions(device.timing, device.organization));
      }
    });
  });
}

void list_keys(Keys& keys, BankedDramSpec& spec) {
  DramController& controller = spec.controller;
  keys.file_or_section("device", "the path of a device file, or the mapping itself", "the DRAM's devices",
                       [&](Keys& inner) { list_keys(inner, spec.device); });
  keys.optional("mapping", address_mapping(controller.mapping), "the fields of an address, from the highest bit down");
  keys.optional("scheduler", choice(controller.scheduler, kDramSchedulerNames),
                "a bank's oldest burst next, or the oldest for its open row");
  for (const ControllerKey& key : kControllerKeys) {
    keys.optional(key.name, integer(controller.*key.member, key.least, key.most, key.unit), key.meaning);
  }
  keys.optional("refresh", choice(controller.refresh, kDramRefreshNames), "a rank every tREFI");
  keys.rule([&](MapReader& reader) { judge(reader, contradictions(controller)); });
}

Result<DramDevice> load_dram_device(const std::filesystem::path& file) {
  const Result<YamlNode> loaded = load_yaml(file);
  if (!loaded) {
    return loaded.error();
  }
  Diagnostics problems;
  DramDevice device;
  read_keys(MapReader{*loaded, "", problems}, [&](Keys& keys) { list_keys(keys, device); });
  if (!problems.empty()) {
    return problems;
  }
  return device;
}

void inline_dram_device(YamlNode& dram, const YamlLoader& load) {
  YamlNode* const device = value_of(dram, "device");
  if (device != nullptr && device->kind == YamlNode::Kind::scalar && !device->scalar.empty()) {
    if (Result<YamlNode> loaded = load_named(*device, "device", load)) {
      *device = *std::move(loaded);
    }
  }
}

}  // namespace crossweave
