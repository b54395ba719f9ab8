#include "arch/banked_dram_yaml.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/yaml_values.h"

namespace crossweave {
namespace {

constexpr std::int64_t kMostCycles = 1'000'000;
constexpr std::int64_t kMostWaiting = 4096;

struct OrganizationKey {
  std::string_view name;
  int DramOrganization::*member;
  std::int64_t least;
  std::int64_t most;
};
constexpr OrganizationKey kOrganizationKeys[]{
    {"ranks", &DramOrganization::ranks, 1, 16},
    {"bank_groups", &DramOrganization::bank_groups, 1, 16},
    {"banks", &DramOrganization::banks, 1, 64},
    {"rows", &DramOrganization::rows, 1, 1 << 24},
    {"columns", &DramOrganization::columns, 1, 1 << 16},
    {"bus_bits", &DramOrganization::bus_bits, 8, 1024},
    {"burst_length", &DramOrganization::burst_length, 2, 64},
};

struct TimingKey {
  std::string_view name;
  int DramTiming::*member;
  int DramTiming::*otherwise;  ///< stands in where the key is absent; nullptr: it must not be
};
constexpr TimingKey kTimingKeys[]{
    {"tCL", &DramTiming::cl, nullptr},
    {"tCWL", &DramTiming::cwl, nullptr},
    {"tRCD", &DramTiming::rcd, nullptr},
    {"tRCDWR", &DramTiming::rcd_wr, &DramTiming::rcd},
    {"tRP", &DramTiming::rp, nullptr},
    {"tRPab", &DramTiming::rp_ab, &DramTiming::rp},
    {"tRAS", &DramTiming::ras, nullptr},
    {"tRC", &DramTiming::rc, nullptr},
    {"tRRD_S", &DramTiming::rrd_s, nullptr},
    {"tRRD_L", &DramTiming::rrd_l, &DramTiming::rrd_s},
    {"tFAW", &DramTiming::faw, nullptr},
    {"tCCD_S", &DramTiming::ccd_s, nullptr},
    {"tCCD_L", &DramTiming::ccd_l, &DramTiming::ccd_s},
    {"tRTW", &DramTiming::rtw, nullptr},
    {"tWTR_S", &DramTiming::wtr_s, nullptr},
    {"tWTR_L", &DramTiming::wtr_l, &DramTiming::wtr_s},
    {"tWR", &DramTiming::wr, nullptr},
    {"tRTP", &DramTiming::rtp, nullptr},
    {"tRTRS", &DramTiming::rtrs, nullptr},
    {"tREFI", &DramTiming::refi, nullptr},
    {"tRFC", &DramTiming::rfc, nullptr},
};

struct ControllerKey {
  std::string_view name;
  int DramController::*member;
  std::int64_t least;
  std::int64_t most;
};
constexpr ControllerKey kControllerKeys[]{
    {"read_queue", &DramController::read_queue, 1, kMostWaiting},
    {"write_queue", &DramController::write_queue, 1, kMostWaiting},
    {"write_high", &DramController::write_high, 1, kMostWaiting},
    {"write_low", &DramController::write_low, 0, kMostWaiting},
    {"cycles", &DramController::cycles, 0, kMostCycles},
};

/// Reports where the figures of a mapping contradict one another; while one of them is wrong, that means little.
void judge(MapReader& reader, const std::vector<Contradiction>& contradictions) {
  for (const Contradiction& contradiction : contradictions) {
    reader.error(contradiction.key, contradiction.message);
  }
}

DramOrganization read_organization(const YamlNode& node, const std::string& path, Diagnostics& out) {
  DramOrganization organization;
  const std::size_t problems = out.size();
  MapReader reader{node, path, out};
  for (const OrganizationKey& key : kOrganizationKeys) {
    const std::optional<std::int64_t> value = reader.required_integer(key.name, key.least, key.most);
    if (value && !std::has_single_bit(static_cast<std::uint64_t>(*value))) {
      reader.error(key.name, "expected a power of two, got " + std::to_string(*value));
    }
    assign(organization.*key.member, value);
  }
  reader.finish();
  if (out.size() == problems) {
    judge(reader, contradictions(organization));
  }
  return organization;
}

/// `organization`: nothing when that is wrong.
DramTiming read_timing(const YamlNode& node, const std::string& path,
                       const std::optional<DramOrganization>& organization, Diagnostics& out) {
  DramTiming timing;
  const std::size_t problems = out.size();
  MapReader reader{node, path, out};
  for (const TimingKey& key : kTimingKeys) {
    if (key.otherwise == nullptr) {
      assign(timing.*key.member, reader.required_integer(key.name, 0, kMostCycles));
    } else {
      timing.*key.member = timing.*key.otherwise;
      assign(timing.*key.member, reader.integer(key.name, 0, kMostCycles));
    }
  }
  reader.finish();
  if (organization && out.size() == problems) {
    judge(reader, contradictions(timing, *organization));
  }
  return timing;
}

DramDevice read_device(const YamlNode& node, const std::string& path, Diagnostics& out) {
  DramDevice device;
  MapReader reader{node, path, out};
  device.name = reader.required_string("name").value_or("");
  read_clock(reader, "clock", device.clock);
  std::optional<DramOrganization> organization;
  if (const YamlNode* value = reader.required_node("organization", "a mapping with ranks, bank_groups, banks")) {
    const std::size_t problems = out.size();
    device.organization = read_organization(*value, reader.path_of("organization"), out);
    if (out.size() == problems) {
      organization = device.organization;
    }
  }
  if (const YamlNode* timing = reader.required_node("timing", "a mapping with tCL, tRCD, tRP")) {
    device.timing = read_timing(*timing, reader.path_of("timing"), organization, out);
  }
  reader.finish();
  return device;
}

/// The file that `name`, the value of the key `path`, names.
Result<YamlNode> load_named(const YamlNode& name, const std::string& path) {
  const std::filesystem::path file = resolve(name.scalar, name.where);
  Result<YamlNode> loaded = load_yaml(file);
  if (loaded) {
    return loaded;
  }
  Diagnostics problems = loaded.error();
  for (Diagnostic& problem : problems) {
    // Without a line, the place to mend is the one that names the file.
    if (problem.where.line == 0) {
      problem = {name.where, path + ": " + file.string() + ": " + problem.message};
    }
  }
  return problems;
}

/// Reads a device whose keys may stand in a file of their own: paths begin there, those of an assignment do not.
DramDevice read_device_in(const YamlNode& node, const std::string& path, bool own_file, Diagnostics& out) {
  if (!own_file) {
    return read_device(node, path, out);
  }
  Diagnostics problems;
  DramDevice device = read_device(node, "", problems);
  for (Diagnostic& problem : problems) {
    if (problem.where.file == kCommandLine) {
      prepend_path(path + ".", problem);
    }
    out.push_back(std::move(problem));
  }
  return device;
}

}  // namespace

Result<DramDevice> load_dram_device(const std::filesystem::path& file) {
  Result<YamlNode> loaded = load_yaml(file);
  if (!loaded) {
    return loaded.error();
  }
  Diagnostics problems;
  DramDevice device = read_device(*loaded, "", problems);
  if (!problems.empty()) {
    return problems;
  }
  return device;
}

void read_banked_dram(const YamlNode& node, MapReader& reader, BankedDramSpec& spec) {
  Diagnostics& out = reader.diagnostics();
  const YamlNode* device = reader.required_node("device", "the path of a device file, or the mapping itself");
  if (device != nullptr && device->kind == YamlNode::Kind::scalar && !device->scalar.empty()) {
    if (const Result<YamlNode> loaded = load_named(*device, reader.path_of("device"))) {
      spec.device = read_device_in(*loaded, reader.path_of("device"), true, out);
    } else {
      out.insert(out.end(), loaded.error().begin(), loaded.error().end());
    }
  } else if (device != nullptr) {
    const bool own_file = device->where.file != node.where.file && device->where.file != kCommandLine;
    spec.device = read_device_in(*device, reader.path_of("device"), own_file, out);
  }
  DramController& controller = spec.controller;
  const std::size_t problems = out.size();
  if (const std::optional<std::string> mapping = reader.string("mapping")) {
    if (const Result<DramMapping, Failure> parsed = parse_dram_mapping(*mapping)) {
      controller.mapping = *parsed;
    } else {
      reader.error("mapping", parsed.error().message);
    }
  }
  if (const std::optional<std::size_t> scheduler = reader.choice("scheduler", to_strings(kDramSchedulerNames))) {
    controller.scheduler = static_cast<DramScheduler>(*scheduler);
  }
  for (const ControllerKey& key : kControllerKeys) {
    assign(controller.*key.member, reader.integer(key.name, key.least, key.most));
  }
  if (const std::optional<std::size_t> refresh = reader.choice("refresh", to_strings(kDramRefreshNames))) {
    controller.refresh = static_cast<DramRefresh>(*refresh);
  }
  if (out.size() == problems) {
    judge(reader, contradictions(controller));
  }
}

void inline_dram_device(YamlNode& dram) {
  YamlNode* const device = value_of(dram, "device");
  if (device != nullptr && device->kind == YamlNode::Kind::scalar && !device->scalar.empty()) {
    if (Result<YamlNode> loaded = load_named(*device, "device")) {
      *device = *std::move(loaded);
    }
  }
}

std::string to_yaml(const BankedDramSpec& spec, const std::string& margin) {
  const auto line = [&margin](const std::string& text) { return margin + text + "\n"; };
  const auto pair = [](std::string_view key, int value) { return std::string{key} + ": " + std::to_string(value); };
  const DramController& controller = spec.controller;
  std::string text = line("device:") + line("  name: " + yaml_string(spec.device.name)) +
                     line("  clock: " + to_string(spec.device.clock)) + line("  organization:");
  for (const OrganizationKey& key : kOrganizationKeys) {
    text += line("    " + pair(key.name, spec.device.organization.*key.member));
  }
  text += line("  timing:");
  for (const TimingKey& key : kTimingKeys) {
    text += line("    " + pair(key.name, spec.device.timing.*key.member));
  }
  text += line("mapping: " + to_string(controller.mapping)) +
          line("scheduler: " + std::string{kDramSchedulerNames.at(static_cast<std::size_t>(controller.scheduler))});
  for (const ControllerKey& key : kControllerKeys) {
    text += line(pair(key.name, controller.*key.member));
  }
  return text + line("refresh: " + std::string{kDramRefreshNames.at(static_cast<std::size_t>(controller.refresh))});
}

}  // namespace crossweave
