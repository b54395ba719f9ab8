// The paper, number by number: which runs that takes, and what they say beside what was published.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "arch/architecture.h"
#include "frontend/report/text_table.h"
#include "frontend/reproduce/paper_run.h"
#include "frontend/reproduce/published.h"
#include "scheduler/mapped_network.h"

namespace crossweave {

/// What is to be reproduced. Not in the paper are `points`, 28 points beyond its speed-ups with proven limits, and
/// `ablation`, what each technique contributes to them; `all` is all but this last one, which takes as long again.
enum class Target { table1, table2, fig6, fig7, points, ablation, all };
inline constexpr std::array<std::string_view, 7> kTargetNames{"table1", "table2",   "fig6", "fig7",
                                                              "points", "ablation", "all"};

/// The paper's benchmarks, read and mapped, on its architecture.
struct PaperSetup {
  Publication publication;
  Architecture architecture;
  std::vector<MappedNetwork> networks;  ///< one a benchmark
};

/// Reads the data file and everything that it names. Reports every problem at once.
Result<PaperSetup> load_paper(const std::filesystem::path& file);

struct ReproductionOptions {
  Target target{Target::all};
  std::size_t workers{1};
  int evaluations{0};  ///< of each search
};

/// A table of the report, first row the heading.
struct ReportTable {
  std::string title;
  std::string text;  ///< what to know about it, before the table
  std::vector<Align> columns;
  std::vector<std::vector<std::string>> rows;
};

struct ReportFile {
  std::string name;
  std::string content;
};

struct Reproduction {
  std::vector<ReportTable> tables;
  std::vector<ReportFile> files;  ///< CSV and SVG
};

/// Runs what the target takes, each run once, in processes of their own. `progress` hears of each run that has ended.
[[nodiscard]] Reproduction reproduce(const PaperSetup& setup, const ReproductionOptions& options,
                                     const std::function<void(const std::string&)>& progress);

/// The tables for the terminal, and as Markdown.
[[nodiscard]] std::string to_text(const std::vector<ReportTable>& tables);
[[nodiscard]] std::string to_markdown(const std::string& title, const Reproduction& reproduction);

}  // namespace crossweave
