// What pages are made of, from frontend/report/page, as it lies in the program.
#pragma once

#include <string_view>

namespace crossweave::assets {

[[nodiscard]] std::string_view uplot_script();
[[nodiscard]] std::string_view uplot_style();
[[nodiscard]] std::string_view uplot_licence();
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view common_script();
[[nodiscard]] std::string_view gantt_script();
[[nodiscard]] std::string_view run_script();
[[nodiscard]] std::string_view points_script();
[[nodiscard]] std::string_view scatter_script();
[[nodiscard]] std::string_view parallel_script();
[[nodiscard]] std::string_view sweep_script();

}  // namespace crossweave::assets
