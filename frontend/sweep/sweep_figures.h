// The figures of summary.json that a sweep keeps of each run.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace crossweave {

/// Their names, with a dot between nested keys, in the order of summary.json.
[[nodiscard]] const std::vector<std::string>& sweep_figures();

/// The figures of a summary, in that order: null where it leaves one out. What is neither a number nor a text is the
/// text of its JSON.
[[nodiscard]] nlohmann::ordered_json figures_of(const nlohmann::ordered_json& summary);

}  // namespace crossweave
