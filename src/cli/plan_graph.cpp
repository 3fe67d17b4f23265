// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_graph.hpp"

#include "base/text.hpp"

namespace tmplbuild::cli {

namespace {

// A quoted string of DOT, in which only '"' and a backslash have a meaning. Lines end with "\l", which aligns them
// left.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string in_quotes(std::string_view text) { return '"' + escaped(text) + '"'; }

std::string label_of(const Plan& plan, const PlanRow& row) {
    std::vector<std::string> gpus;
    for (const PlannedGpu& gpu : plan.gpus)
        if (gpu.step == row.step->id) gpus.push_back(gpu.target.label);
    std::vector<std::string> lines{row.step->id};
    if (!row.step->summary.empty()) lines.push_back(row.step->summary);
    if (!gpus.empty()) lines.push_back("for " + join(gpus, ", "));
    lines.push_back(std::string(row.shown_state()) + (row.bytes == 0 ? "" : ", " + human_bytes(row.bytes)) +
                    (row.why.empty() ? "" : " (" + row.why + ")"));
    std::string out;
    for (const std::string& line : lines) out += escaped(line) + "\\l";
    return out;
}

}  // namespace

std::string plan_graph(const Plan& plan, const std::vector<PlanRow>& rows) {
    std::string out =
        "digraph " + in_quotes(plan.name) + " {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n";
    for (const PlanRow& row : rows) {
        std::string style = row.step->in_image ? "solid" : "dashed";
        if (row.hit) style += ",filled";
        out += "  " + in_quotes(row.step->id) + " [label=\"" + label_of(plan, row) + "\", style=\"" + style +
               "\", fillcolor=gray90];\n";
    }
    for (const PlanRow& row : rows)
        for (const std::string& need : row.step->needs)
            out += "  " + in_quotes(need) + " -> " + in_quotes(row.step->id) + ";\n";
    return out + "}\n";
}

}  // namespace tmplbuild::cli
