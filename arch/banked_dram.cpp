#include "arch/banked_dram.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace crossweave {
namespace {

/// What a figure must reach.
struct Least {
  std::string_view key;
  int value{0};
  std::string_view of;  ///< what makes up `least`
  int least{0};
  std::string_view why;
};

std::vector<Contradiction> broken(const std::vector<Least>& rules) {
  std::vector<Contradiction> found;
  for (const Least& rule : rules) {
    if (rule.value < rule.least) {
      found.push_back({std::string{rule.key}, "expected at least " + std::string{rule.of} + " = " +
                                                  std::to_string(rule.least) + ", got " + std::to_string(rule.value) +
                                                  ": " + std::string{rule.why}});
    }
  }
  return found;
}

}  // namespace

std::string to_string(const DramMapping& mapping) {
  std::string text;
  for (const DramField field : mapping) {
    text += kDramFieldNames.at(static_cast<std::size_t>(field));
  }
  return text;
}

Result<DramMapping, Failure> parse_dram_mapping(std::string_view text) {
  const Failure failure{
      "expected the fields ro, ch, ra, bg, ba and co, each once, from the highest bit down, such as "
      "rochrababgco, got '" +
      std::string{text} + "'"};
  DramMapping mapping{};
  if (text.size() != 2 * mapping.size()) {
    return failure;
  }
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const auto name = std::find(kDramFieldNames.begin(), kDramFieldNames.end(), text.substr(2 * i, 2));
    const auto field = static_cast<DramField>(name - kDramFieldNames.begin());
    const auto end = mapping.begin() + static_cast<std::ptrdiff_t>(i);
    if (name == kDramFieldNames.end() || std::find(mapping.begin(), end, field) != end) {
      return failure;
    }
    mapping[i] = field;
  }
  return mapping;
}

std::vector<Contradiction> contradictions(const DramOrganization& organization) {
  return broken(
      {{"columns", organization.columns, "burst_length", organization.burst_length, "a burst is of one row"}});
}

std::vector<Contradiction> contradictions(const DramTiming& timing, const DramOrganization& organization) {
  const DramTiming& t = timing;
  const int burst = organization.burst_cycles();
  constexpr std::string_view kRefreshAndAccess =
      "tRFC + tRPab + tRC + tRCD + tRCDWR + tCWL + burst_length / 2 + tWR + tRTP + tRTW + tWTR_L + tFAW + tCCD_L";
  const int refresh_and_access =
      t.rfc + t.rp_ab + t.rc + t.rcd + t.rcd_wr + t.cwl + burst + t.wr + t.rtp + t.rtw + t.wtr_l + t.faw + t.ccd_l;
  return broken({
      {"tRPab", t.rp_ab, "tRP", t.rp, "to precharge all banks takes no less than one"},
      {"tRAS", t.ras, "tRCD", t.rcd, "a row is open until it can be read"},
      {"tRC", t.rc, "tRAS + tRP", t.ras + t.rp, "a row is open for tRAS and closed for tRP"},
      {"tRRD_L", t.rrd_l, "tRRD_S", t.rrd_s, "nothing is faster within a bank group"},
      {"tFAW", t.faw, "4 tRRD_S", 4 * t.rrd_s, "that is how long four activates take anyway"},
      {"tCCD_S", t.ccd_s, "burst_length / 2", burst, "the bus carries one burst at a time"},
      {"tCCD_L", t.ccd_l, "tCCD_S", t.ccd_s, "nothing is faster within a bank group"},
      {"tRTW", t.rtw, "tCL + burst_length / 2 - tCWL", t.cl + burst - t.cwl, "the bus carries one burst at a time"},
      {"tWTR_L", t.wtr_l, "tWTR_S", t.wtr_s, "nothing is faster within a bank group"},
      {"tREFI", t.refi, kRefreshAndAccess, refresh_and_access, "an access fits in between whatever came before it"},
  });
}

std::vector<Contradiction> contradictions(const DramController& controller) {
  return broken({
      {"write_queue", controller.write_queue, "write_high", controller.write_high, "so many writes must find room"},
      {"write_high", controller.write_high, "write_low + 1", controller.write_low + 1,
       "what starts at the one ends at the other"},
  });
}

}  // namespace crossweave
