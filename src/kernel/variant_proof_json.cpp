// SPDX-License-Identifier: Apache-2.0
// A proof as JSON and back: what an image's annotation and pod.json hold. And what it was made from.
#include <limits>
#include <span>

#include "kernel/module_facts_json.hpp"
#include "kernel/variant_proof.hpp"

namespace tmplbuild::kernel {

namespace {

// --- writing ----------------------------------------------------------------------------------------------------

json::array texts(const std::vector<std::string>& list) { return json::array(list.begin(), list.end()); }

// What a cubin and PTX have in common; it comes after the keys of their own.
template <class Entry>
void add_entry(json::object& out, const Entry& entry) {
    out["kernels"] = entry.kernels;
    out["bytes"] = entry.bytes;
    if (entry.unit != 0) out["unit"] = entry.unit;
    if (entry.relocatable) out["relocatable"] = true;
    if (entry.compressed) out["compression"] = entry.zstd ? "zstd" : "lz4";
}

void add_code(json::object& out, const DeviceCode& code) {
    out["containers"] = code.containers;
    json::array cubins, ptx;
    for (const Cubin& cubin : code.cubins) {
        json::object entry{{"arch", cubin.to_string()}};
        add_entry(entry, cubin);
        if (!cubin.lacks.empty()) entry["lacks"] = texts(cubin.lacks);
        cubins.push_back(std::move(entry));
    }
    for (const Ptx& text : code.ptx) {
        json::object entry{{"arch", text.to_string()}, {"isa", text.isa.to_string()}};
        add_entry(entry, text);
        ptx.push_back(std::move(entry));
    }
    out["cubins"] = std::move(cubins);
    if (!ptx.empty()) out["ptx"] = std::move(ptx);
    if (!code.unknown.empty()) out["unknown"] = texts(code.unknown);
    json::array units;
    for (const Unit& unit : code.units) {
        json::object entry{{"names", texts(unit.kernels)}};
        if (unit.unread) entry["unread"] = true;
        if (unit.may_be_absent) entry["may_be_absent"] = true;
        units.push_back(std::move(entry));
    }
    if (!units.empty()) out["units"] = std::move(units);
}

void add_floors(json::object& out, const std::optional<Version>& glibc, const std::optional<Version>& glibcxx) {
    if (glibc) out["glibc"] = glibc->to_string();
    if (glibcxx) out["glibcxx"] = glibcxx->to_string();
}

json::array symbols_json(const std::vector<Symbol>& symbols) {
    json::array out;
    for (const Symbol& symbol : symbols) {
        json::object one{{"name", symbol.name}};
        if (!symbol.version.empty()) one["version"] = symbol.version;
        if (!symbol.library.empty()) one["library"] = symbol.library;
        if (symbol.weak) one["weak"] = true;
        if (!symbol.is_default) one["default"] = false;
        out.push_back(std::move(one));
    }
    return out;
}

json::object elf_json(const ElfInfo& elf) {
    json::object out{{"abi_version", elf.header.abi_version},
                     {"type", elf.header.type},
                     {"machine", elf.header.machine},
                     {"flags", elf.header.flags},
                     {"soname", elf.soname},
                     {"needed", texts(elf.needed)},
                     {"runpath", texts(elf.runpath)},
                     {"is_rpath", elf.is_rpath},
                     {"undefined", symbols_json(elf.undefined)},
                     {"defined", symbols_json(elf.defined)},
                     {"versions", texts(elf.versions)}};
    add_floors(out, elf.glibc_floor, elf.glibcxx_floor);
    if (elf.cxxabi_floor) out["cxxabi"] = elf.cxxabi_floor->to_string();
    return out;
}

json::object write_module(const ModuleProof& module) {
    json::object out{{"file", module.rule.file}};
    json::array capabilities;
    for (const Capability& capability : module.rule.capabilities) capabilities.emplace_back(capability.to_string());
    if (!capabilities.empty()) out["capabilities"] = std::move(capabilities);
    if (module.rule.may_jit) out["may_jit"] = true;
    if (module.rule.host_only) out["host_only"] = true;
    if (!module.rule.may_lack.empty()) out["may_lack"] = texts(module.rule.may_lack);
    if (!module.in_table) out["in_table"] = false;
    if (!module.present) {
        out["present"] = false;
        return out;
    }
    add_code(out, module.code);
    out["needed"] = texts(module.needed);
    out["undefined_symbols"] = module.undefined_symbols;
    add_floors(out, module.glibc_floor, module.glibcxx_floor);
    if (!module.foreign_runpaths.empty()) out["foreign_runpaths"] = texts(module.foreign_runpaths);
    return out;
}

// --- reading ----------------------------------------------------------------------------------------------------

// The members of one object; the message of the first wrong one is kept for the whole document.
class Fields {
  public:
    Fields(const json::object& object, std::string where, std::string& problem)
        : object_(object), where_(std::move(where)), problem_(problem) {}

    std::string text(const char* key) {
        const auto* v = object_.if_contains(key);
        if (v != nullptr && v->is_string()) return std::string(v->get_string());
        wrong(key, "a string");
        return {};
    }
    bool has(const char* key) const { return object_.contains(key); }
    bool flag(const char* key, bool usual) {
        const auto* v = object_.if_contains(key);
        if (v == nullptr) return usual;
        if (!v->is_bool()) wrong(key, "true or false");
        return v->is_bool() ? v->get_bool() : usual;
    }
    template <class Number>
    Number number(const char* key) {
        const auto* v = object_.if_contains(key);
        boost::json::error_code code;
        const auto n = v != nullptr && v->is_number() ? v->to_number<std::uint64_t>(code) : 0;
        if (v == nullptr || !v->is_number() || code || n > std::numeric_limits<Number>::max()) wrong(key, "a number");
        return static_cast<Number>(n);
    }
    std::vector<std::string> list(const char* key) {
        std::vector<std::string> out;
        for (const auto& element : array(key)) {
            if (!element.is_string()) wrong(key, "an array of strings");
            if (element.is_string()) out.emplace_back(element.get_string());
        }
        return out;
    }
    // An array of objects, each with its own name for messages; an absent array is empty.
    template <class Read>
    void objects(const char* key, Read read) {
        std::size_t i = 0;
        for (const auto& element : array(key)) {
            const std::string name = where_ + key + "[" + std::to_string(i++) + "].";
            if (!element.is_object()) wrong(key, "an array of objects");
            if (!element.is_object()) continue;
            Fields fields(element.get_object(), name, problem_);
            read(fields);
        }
    }
    template <class Read>
    void object(const char* key, Read read) {
        const auto* v = object_.if_contains(key);
        if (v == nullptr || !v->is_object()) return wrong(key, "an object");
        Fields fields(v->get_object(), where_ + key + ".", problem_);
        read(fields);
    }
    // A text that `parse` turns into a value; absent or empty leaves `fallback`.
    template <class Parse, class Value>
    Value parsed(const char* key, const char* expected, Parse parse, Value fallback) {
        if (!object_.contains(key)) return fallback;
        const std::string value = text(key);
        if (value.empty()) return fallback;
        auto result = parse(value);
        if (!result) wrong(key, expected);
        return result ? Value(*result) : fallback;
    }
    void wrong(const std::string& key, const std::string& expected) {
        if (problem_.empty()) problem_ = where_ + key + " is not " + expected;
    }

  private:
    std::span<const json::value> array(const char* key) {
        const auto* v = object_.if_contains(key);
        if (v == nullptr) return {};
        if (const auto* a = v->if_array()) return {a->data(), a->size()};
        wrong(key, "an array");
        return {};
    }

    const json::object& object_;
    std::string where_;
    std::string& problem_;
};

template <class Entry>
void read_entry(Fields& in, Entry& entry) {
    entry.kernels = in.number<std::uint32_t>("kernels");
    entry.bytes = in.number<std::uint64_t>("bytes");
    entry.unit = in.has("unit") ? in.number<std::size_t>("unit") : 0;
    entry.relocatable = in.flag("relocatable", false);
    const auto compression = in.parsed(
        "compression", "zstd or lz4",
        [](const std::string& word) {
            return word == "zstd" || word == "lz4" ? Result<std::string>(word) : usage_error("unknown");
        },
        std::string());
    entry.compressed = !compression.empty();
    entry.zstd = compression == "zstd";
}

// `prefix` is "sm_" or "compute_".
Arch read_arch(Fields& in, std::string_view text, std::string_view prefix) {
    const auto arch = Arch::parse(text);
    if (!arch || !text.starts_with(prefix)) in.wrong("arch", "an arch");
    return arch ? *arch : Arch();
}

Cubin read_cubin_entry(Fields& in) {
    Cubin cubin;
    std::string arch = in.text("arch");
    cubin.suffix_known = !arch.ends_with('?');
    if (!cubin.suffix_known) arch.pop_back();
    const Arch parsed = read_arch(in, arch, "sm_");
    cubin.sm = parsed.sm;
    cubin.suffix = parsed.suffix;
    read_entry(in, cubin);
    cubin.lacks = in.list("lacks");
    return cubin;
}

Ptx read_ptx_entry(Fields& in) {
    Ptx ptx;
    const Arch parsed = read_arch(in, in.text("arch"), "compute_");
    ptx.sm = parsed.sm;
    ptx.suffix = parsed.suffix;
    ptx.isa = in.parsed("isa", "a version", Version::parse, Version());
    if (!ptx.isa.is_set()) in.wrong("isa", "a version");
    read_entry(in, ptx);
    return ptx;
}

void read_code(Fields& in, DeviceCode& code) {
    code.containers = in.number<std::size_t>("containers");
    in.objects("cubins", [&](Fields& entry) { code.cubins.push_back(read_cubin_entry(entry)); });
    in.objects("ptx", [&](Fields& entry) { code.ptx.push_back(read_ptx_entry(entry)); });
    code.unknown = in.list("unknown");
    in.objects("units", [&](Fields& entry) {
        code.units.push_back({entry.list("names"), entry.flag("unread", false), entry.flag("may_be_absent", false)});
    });
}

std::optional<Version> read_floor(Fields& in, const char* key) {
    return in.parsed(key, "a version", Version::parse, std::optional<Version>());
}

std::vector<Symbol> read_symbols(Fields& in, const char* key) {
    std::vector<Symbol> out;
    in.objects(key, [&](Fields& one) {
        out.push_back({one.text("name"), one.has("version") ? one.text("version") : "",
                       one.has("library") ? one.text("library") : "", one.flag("weak", false),
                       one.flag("default", true)});
    });
    return out;
}

void read_elf_info(Fields& in, ElfInfo& elf) {
    elf.header = {in.number<std::uint8_t>("abi_version"), in.number<std::uint16_t>("type"),
                  in.number<std::uint16_t>("machine"), in.number<std::uint32_t>("flags")};
    elf.soname = in.text("soname");
    elf.needed = in.list("needed");
    elf.runpath = in.list("runpath");
    elf.is_rpath = in.flag("is_rpath", false);
    elf.undefined = read_symbols(in, "undefined");
    elf.defined = read_symbols(in, "defined");
    elf.versions = in.list("versions");
    elf.glibc_floor = read_floor(in, "glibc");
    elf.glibcxx_floor = read_floor(in, "glibcxx");
    elf.cxxabi_floor = read_floor(in, "cxxabi");
}

ModuleProof read_module(Fields& in) {
    ModuleProof module;
    module.rule.file = in.text("file");
    for (const std::string& text : in.list("capabilities")) {
        const auto capability = Capability::parse(text);
        if (!capability) in.wrong("capabilities", "a list of compute capabilities");
        if (capability) module.rule.capabilities.push_back(*capability);
    }
    module.rule.may_jit = in.flag("may_jit", false);
    module.rule.host_only = in.flag("host_only", false);
    module.rule.may_lack = in.list("may_lack");
    module.in_table = in.flag("in_table", true);
    module.present = in.flag("present", true);
    if (!module.present) return module;
    read_code(in, module.code);
    module.needed = in.list("needed");
    module.undefined_symbols = in.number<std::size_t>("undefined_symbols");
    module.glibc_floor = read_floor(in, "glibc");
    module.glibcxx_floor = read_floor(in, "glibcxx");
    module.foreign_runpaths = in.list("foreign_runpaths");
    return module;
}

}  // namespace

json::object to_json(const VariantProof& proof) {
    json::array modules, rows;
    for (const ModuleProof& module : proof.modules) modules.push_back(write_module(module));
    for (const TargetRow& row : proof.rows)
        rows.push_back(json::object{{"gpu", row.gpu},
                                    {"capability", row.capability},
                                    {"verdict", to_string(row.judgement.verdict)},
                                    {"reason", row.judgement.reason}});
    json::object out{{"kernel", proof.kernel},
                     {"arch", proof.arch.to_string()},
                     {"toolkit", proof.toolkit.is_set() ? proof.toolkit.to_string() : ""}};
    if (!proof.torch.empty()) out["torch"] = proof.torch;
    out["proven_by"] = proof.proven_by;
    out["modules"] = std::move(modules);
    out["rows"] = std::move(rows);
    return out;
}

Result<VariantProof> variant_proof_from_json(const json::object& object) {
    std::string problem;
    Fields in(object, "", problem);
    VariantProof proof;
    proof.kernel = in.text("kernel");
    proof.arch = read_arch(in, in.text("arch"), "sm_");
    proof.toolkit = in.parsed("toolkit", "a version", Version::parse, Version());
    proof.torch = in.parsed(
        "torch", "a version", [](const std::string& text) { return Result<std::string>(text); }, std::string());
    proof.proven_by = in.text("proven_by");
    in.objects("modules", [&](Fields& module) { proof.modules.push_back(read_module(module)); });
    in.objects("rows", [&](Fields& row) {
        const auto verdict = parse_verdict(row.text("verdict"));
        if (!verdict) row.wrong("verdict", "a verdict");
        proof.rows.push_back(
            {row.text("gpu"), row.text("capability"), {verdict ? *verdict : Verdict::unknown, row.text("reason")}});
    });
    if (!problem.empty()) return build_error("the proof of a kernel variant cannot be read: " + problem);
    return proof;
}

json::object to_json(const ModuleFacts& facts) {
    json::object out{{"path", facts.path}};
    if (!facts.problem.empty()) {
        out["problem"] = facts.problem;
        return out;
    }
    json::object code;
    add_code(code, facts.code);
    out["elf"] = elf_json(facts.elf);
    out["code"] = std::move(code);
    return out;
}

Result<ModuleFacts> module_facts_from_json(const json::object& object) {
    std::string problem;
    Fields in(object, "", problem);
    ModuleFacts facts;
    facts.path = in.text("path");
    if (in.has("problem")) {
        facts.problem = in.text("problem");
    } else {
        in.object("elf", [&](Fields& elf) { read_elf_info(elf, facts.elf); });
        in.object("code", [&](Fields& code) { read_code(code, facts.code); });
    }
    if (!problem.empty()) return build_error("the facts of a module cannot be read: " + problem);
    return facts;
}

}  // namespace tmplbuild::kernel
