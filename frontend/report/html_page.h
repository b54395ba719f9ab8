// A page in one file: its data, and the scripts that show them. It needs no network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace crossweave {

/// `scripts` come after uPlot and common.js, in order. They find `data` as `DATA`, and an empty <main> to fill.
[[nodiscard]] std::string html_page(std::string_view title, const nlohmann::ordered_json& data,
                                    const std::vector<std::string_view>& scripts);

}  // namespace crossweave
