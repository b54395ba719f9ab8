#include "frontend/sweep/sweep_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "arch/diagnostics.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

std::vector<SweepTable::Axis> read_axes(SweepDatabase& database, std::size_t points) {
  std::vector<SweepTable::Axis> axes;
  for (const SweepDatabase::Axis& axis : database.axes()) {
    axes.push_back({axis.name, axis.named_points, axis.zip, {}, std::vector<std::size_t>(points), true, false});
  }
  std::vector<std::map<std::string, std::size_t>> known(axes.size());
  database.read_coordinates(
      [&](std::size_t point, std::size_t number, const std::string& text, const std::optional<std::int64_t>& value) {
        SweepTable::Axis& axis = axes[number];
        const auto [found, is_new] = known[number].emplace(text, axis.values.size());
        if (is_new) {
          axis.values.push_back({text, value});
          axis.numeric = axis.numeric && value.has_value();
        }
        axis.value_of[point] = found->second;
      });
  return axes;
}

bool wanted(const std::string& figure, const SweepTable& table, std::size_t detailed) {
  return table.points <= detailed || std::ranges::find(kMainFigures, figure) != kMainFigures.end();
}

void read_figures(SweepDatabase& database, SweepTable& table, std::size_t detailed) {
  std::vector<std::size_t> columns;
  std::size_t point = 0;
  database.read_figures(
      [&](const std::vector<std::string>& names) {
        for (std::size_t column = 0; column < names.size(); ++column) {
          if (names[column] != "config_hash" && wanted(names[column], table, detailed)) {
            columns.push_back(column);
            table.figures.push_back({names[column], std::vector<Json>(table.points)});
          }
        }
      },
      [&](const std::vector<Json>& values) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
          table.figures[i].values[point] = values[columns[i]];
        }
        ++point;
      });
  const SweepTable::Figure* const outcome = table.figure("outcome");
  for (std::size_t i = 0; i < table.points; ++i) {
    table.completed.push_back(outcome->values[i] == "completed");
  }
}

/// Where several networks share a name, what tells them apart: an axis, if there is one, or a number.
void make_unique(SweepTable& table) {
  const std::vector<std::string> names = table.networks;
  for (std::size_t network = 0; network < names.size(); ++network) {
    if (std::ranges::count(names, names[network]) < 2) {
      continue;
    }
    const auto telling = std::ranges::find_if(table.axes, [&](const SweepTable::Axis& axis) {
      std::map<std::size_t, std::size_t> network_of_value;
      std::map<std::size_t, std::size_t> value_of_network;
      for (std::size_t point = 0; point < table.points; ++point) {
        const std::optional<std::size_t> own = table.network_of[point];
        if (own && names[*own] == names[network] &&
            (network_of_value.emplace(axis.value_of[point], *own).first->second != *own ||
             value_of_network.emplace(*own, axis.value_of[point]).first->second != axis.value_of[point])) {
          return false;
        }
      }
      return true;
    });
    const auto point = static_cast<std::size_t>(std::ranges::find(table.network_of, std::optional{network}) -
                                                table.network_of.begin());
    table.networks[network] += telling == table.axes.end()
                                   ? " #" + std::to_string(network + 1)
                                   : " (" + telling->name + " " + telling->values[telling->value_of[point]].text + ")";
  }
}

/// Whether each value of an axis stands for one network and the other way round. Numbers are to be read as such, even
/// where they are zipped with networks.
bool tells_network(const SweepTable& table, std::size_t number) {
  const SweepTable::Axis& axis = table.axes[number];
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  std::set<std::size_t> values;
  for (std::size_t point = 0; point < table.points; ++point) {
    if (table.network_of[point]) {
      pairs.emplace(axis.value_of[point], *table.network_of[point]);
      values.insert(axis.value_of[point]);
    }
  }
  return !axis.numeric && table.networks.size() > 1 && pairs.size() == values.size() &&
         pairs.size() == table.networks.size();
}

/// The networks of completed points; those of others are not in any picture.
void read_networks(SweepDatabase& database, SweepTable& table) {
  table.network_of.resize(table.points);
  table.config_of.resize(table.points);
  std::map<std::string, std::size_t> known;
  database.read_point_configs([&](std::size_t point, const std::string& config_hash, const std::string& network_hash) {
    table.config_of[point] = config_hash;
    if (!table.completed[point]) {
      return;
    }
    const auto [found, is_new] = known.emplace(network_hash, table.networks.size());
    if (is_new) {
      table.networks.push_back(table.figure("network.name")->values[point].get<std::string>());
    }
    table.network_of[point] = found->second;
  });
  make_unique(table);
  for (const std::vector<std::size_t>& dimension : table.dimensions()) {
    const auto telling =
        std::ranges::find_if(dimension, [&table](std::size_t axis) { return tells_network(table, axis); });
    if (telling != dimension.end()) {
      table.axes[*telling].tells_network = true;
    }
  }
}

}  // namespace

const SweepTable::Figure* SweepTable::figure(std::string_view figure_name) const {
  const auto found = std::ranges::find(figures, figure_name, &Figure::name);
  return found == figures.end() ? nullptr : &*found;
}

double SweepTable::number(std::string_view figure_name, std::size_t point) const {
  const Figure* const found = figure(figure_name);
  check_invariant(found != nullptr && found->values[point].is_number(), "a completed point has its figures");
  return found->values[point].get<double>();
}

std::vector<std::vector<std::size_t>> SweepTable::dimensions() const {
  std::vector<std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i > 0 && !axes[i].zip.empty() && axes[i].zip == axes[i - 1].zip) {
      result.back().push_back(i);
    } else {
      result.push_back({i});
    }
  }
  return result;
}

SweepTable read_sweep_table(SweepDatabase& database, std::size_t detailed) {
  SweepTable table;
  table.name = database.name();
  table.points = database.state().points;
  table.axes = read_axes(database, table.points);
  read_figures(database, table, detailed);
  read_networks(database, table);
  return table;
}

std::vector<std::vector<std::size_t>> pareto_fronts(const SweepTable& table) {
  std::vector<std::vector<std::size_t>> fronts(table.networks.size());
  const auto cost = [&table](std::size_t point) {
    return std::pair{table.number("pes", point), table.number("latency_ps", point)};
  };
  std::vector<std::pair<std::pair<double, double>, std::size_t>> points;
  for (std::size_t point = 0; point < table.points; ++point) {
    if (table.completed[point]) {
      points.emplace_back(cost(point), point);
    }
  }
  std::ranges::sort(points);
  for (const auto& [own, point] : points) {
    std::vector<std::size_t>& front = fronts[*table.network_of[point]];
    if (front.empty() || own.second < cost(front.back()).second || own == cost(front.back())) {
      front.push_back(point);
    }
  }
  return fronts;
}

}  // namespace crossweave
