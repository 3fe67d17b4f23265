// SPDX-License-Identifier: Apache-2.0
// Tables of what goes in and what comes out.
#include "nvccfront/rewrite.hpp"

#include <map>
#include <sstream>

#include "support/catch.hpp"

using namespace tmplbuild::nvccfront;
using List = std::vector<std::string>;

static const OptionsFiles no_files = {[](const std::string&) { return std::nullopt; },
                                      [](const std::string&) { return std::string("never"); }};

// The table's lines hold no argument with a space in it.
static List split(const std::string& text) {
    std::istringstream stream(text);
    List out;
    for (std::string word; stream >> word;) out.push_back(word);
    return out;
}
static std::string join(const List& list) {
    std::string out;
    for (const auto& one : list) out += (out.empty() ? "" : " ") + one;
    return out;
}

TEST_CASE("every spelling of an arch becomes the one arch") {
    const std::string ours = "-gencode arch=compute_89,code=sm_89";
    struct Row {
        const char *in, *out;
    };
    const std::vector<Row> rows = {
        // none asked for: nvcc's default would be another
        {"-c k.cu -o k.o", "OURS -c k.cu -o k.o"},
        {"", "OURS"},
        // one option in each spelling
        {"-c -arch=sm_80 k.cu", "-c OURS k.cu"},
        {"-c -arch sm_80 k.cu", "-c OURS k.cu"},
        {"--gpu-architecture=sm_80 k.cu", "OURS k.cu"},
        {"--gpu-architecture compute_80 k.cu", "OURS k.cu"},
        {"-arch=native k.cu", "OURS k.cu"},
        {"-arch=all k.cu", "OURS k.cu"},
        {"-arch=all-major k.cu", "OURS k.cu"},
        {"-arch compute_80 -code sm_80,sm_86 k.cu", "OURS k.cu"},
        {"-arch=compute_80 --gpu-code=sm_80,compute_80 k.cu", "OURS k.cu"},
        {"--gpu-code sm_80 -arch compute_80 k.cu", "OURS k.cu"},
        {"-gencode arch=compute_80,code=sm_80 k.cu", "OURS k.cu"},
        {"-gencode=arch=compute_80,code=sm_80 k.cu", "OURS k.cu"},
        {"--generate-code arch=compute_80,code=sm_80 k.cu", "OURS k.cu"},
        {"--generate-code=arch=compute_80,code=sm_80 k.cu", "OURS k.cu"},
        {"-gencode arch=compute_80,code=[sm_80,compute_80] k.cu", "OURS k.cu"},
        {"-gencode arch=compute_80,code=\"sm_80,compute_80\" k.cu", "OURS k.cu"},
        {"-gencode code=sm_80,arch=compute_80 k.cu", "OURS k.cu"},
        // our own arch, but PTX beside it, or PTX alone
        {"-arch=sm_89 k.cu", "OURS k.cu"},
        {"-gencode arch=compute_89,code=[sm_89,compute_89] k.cu", "OURS k.cu"},
        {"-gencode arch=compute_89,code=compute_89 k.cu", "OURS k.cu"},
        // lists: what torch makes of 8.0;8.9;9.0+PTX, and a project's own
        {"-DX -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_89,code=sm_89 "
         "-gencode=arch=compute_90,code=compute_90 -gencode=arch=compute_90,code=sm_90 -c k.cu",
         "-DX OURS -c k.cu"},
        {"-O3 -gencode arch=compute_80,code=sm_80 -DY -gencode arch=compute_90a,code=sm_90a -c k.cu",
         "-O3 OURS -DY -c k.cu"},
        {"-gencode arch=compute_89,code=sm_89 -gencode arch=compute_89,code=sm_89 k.cu", "OURS k.cu"},
        // link and device link
        {"-shared a.o b.o -o m.so -arch=sm_75", "-shared a.o b.o -o m.so OURS"},
        {"-dlink -arch=sm_80 a.o", "-dlink OURS a.o"},
        // as it should be: untouched
        {"-c -gencode arch=compute_89,code=sm_89 k.cu", "-c -gencode arch=compute_89,code=sm_89 k.cu"},
        {"-c -gencode=arch=compute_89,code=sm_89 k.cu", "-c -gencode=arch=compute_89,code=sm_89 k.cu"},
        {"-c --generate-code=arch=compute_89,code=sm_89 k.cu", "-c --generate-code=arch=compute_89,code=sm_89 k.cu"},
        // another program's options are not nvcc's
        {"-Xcompiler -march=native -Xcompiler -arch k.cu", "OURS -Xcompiler -march=native -Xcompiler -arch k.cu"},
        {"--compiler-options -arch=sm_80 k.cu", "OURS --compiler-options -arch=sm_80 k.cu"},
        {"-Xptxas -arch=sm_80 k.cu", "OURS -Xptxas -arch=sm_80 k.cu"},
        {"-Xcompiler=-fPIC -arch=sm_80 k.cu", "-Xcompiler=-fPIC OURS k.cu"},
        {"-o -arch=sm_80 k.cu", "OURS -o -arch=sm_80 k.cu"},
        // names that only look alike
        {"-archive-thing -codegen=x k.cu", "OURS -archive-thing -codegen=x k.cu"},
        // an option without its value is nvcc's to complain about
        {"k.cu -arch", "OURS k.cu -arch"},
        // questions
        {"--version", "--version"},
        {"-V", "-V"},
        {"--list-gpu-arch", "--list-gpu-arch"},
        {"-code-ls", "-code-ls"},
        {"--help -arch=sm_80", "--help -arch=sm_80"},
    };
    for (const Row& row : rows) {
        INFO(row.in);
        std::string want = row.out;
        const std::size_t at = want.find("OURS");
        if (at != std::string::npos) want.replace(at, 4, ours);
        const Rewritten got = rewrite_arguments(split(row.in), "89", no_files);
        CHECK(join(got.arguments) == want);
        CHECK(got.added == (at != std::string::npos));
    }
}

TEST_CASE("the arch keeps its suffix, and LTO code stays LTO code") {
    struct Row {
        const char *number, *in, *out;
    };
    const std::vector<Row> rows = {
        {"90a", "-arch=sm_90 k.cu", "-gencode arch=compute_90a,code=sm_90a k.cu"},
        {"120f", "-arch=sm_80 k.cu", "-gencode arch=compute_120f,code=sm_120f k.cu"},
        {"90a", "-gencode arch=compute_90,code=sm_90 k.cu", "-gencode arch=compute_90a,code=sm_90a k.cu"},
        {"89", "-gencode arch=compute_80,code=lto_80 -dc k.cu", "-gencode arch=compute_89,code=lto_89 -dc k.cu"},
        {"89", "-gencode arch=compute_80,code=[lto_80,sm_80] -dc k.cu",
         "-gencode arch=compute_89,code=[lto_89,sm_89] -dc k.cu"},
        {"89", "-dlto -arch=sm_80 -dc k.cu", "-dlto -gencode arch=compute_89,code=lto_89 -dc k.cu"},
        {"89", "-gencode arch=compute_89,code=lto_89 -dc k.cu", "-gencode arch=compute_89,code=lto_89 -dc k.cu"},
    };
    for (const Row& row : rows) {
        INFO(row.in);
        CHECK(join(rewrite_arguments(split(row.in), row.number, no_files).arguments) == row.out);
    }
}

TEST_CASE("what was taken out is told as it stood") {
    const Rewritten got =
        rewrite_arguments({"-gencode", "arch=compute_80,code=sm_80", "-arch=sm_75", "-DA=b c"}, "89", no_files);
    CHECK(got.removed == List{"-gencode arch=compute_80,code=sm_80", "-arch=sm_75"});
    CHECK(got.arguments == List{"-gencode", "arch=compute_89,code=sm_89", "-DA=b c"});
    const Rewritten added = rewrite_arguments({"k.cu"}, "89", no_files);
    CHECK(added.removed.empty());
    CHECK(added.added);
}

TEST_CASE("options files lose their archs and nothing else") {
    const std::map<std::string, std::string> texts = {
        {"archs", "-O3\n-gencode arch=compute_80,code=sm_80\n  -DA=\"b c\" # x\n"},
        {"quoted", "'-gencode=arch=compute_90,code=sm_90' -I/x"},
        {"plain", "-O3 -DB"},
    };
    List kept;
    const OptionsFiles files = {[&](const std::string& name) -> std::optional<std::string> {
                                    const auto found = texts.find(name);
                                    if (found == texts.end()) return std::nullopt;
                                    return found->second;
                                },
                                [&](const std::string& text) {
                                    kept.push_back(text);
                                    return "new" + std::to_string(kept.size());
                                }};
    SECTION("one file") {
        const Rewritten got = rewrite_arguments({"-optf", "archs", "k.cu"}, "89", files);
        CHECK(join(got.arguments) == "-gencode arch=compute_89,code=sm_89 --options-file new1 k.cu");
        CHECK(kept == List{"-O3\n\n  -DA=\"b c\" # x\n"});
        CHECK(got.removed == List{"-gencode arch=compute_80,code=sm_80"});
    }
    SECTION("a list, joined") {
        const Rewritten got = rewrite_arguments({"--options-file=plain,quoted,absent"}, "89", files);
        CHECK(join(got.arguments) == "-gencode arch=compute_89,code=sm_89 --options-file plain,new1,absent");
        CHECK(kept == List{" -I/x"});
    }
    SECTION("nothing in them") {
        const Rewritten got = rewrite_arguments({"-optf=plain", "k.cu"}, "89", files);
        CHECK(join(got.arguments) == "-gencode arch=compute_89,code=sm_89 -optf=plain k.cu");
        CHECK(kept.empty());
    }
}

TEST_CASE("the variables that nvcc reads lose their archs and nothing else") {
    struct Row {
        const char *in, *out;
        List removed;
    };
    const std::vector<Row> rows = {
        {"", "", {}},
        {"--threads 8", "--threads 8", {}},
        {"--threads 8 -gencode arch=compute_80,code=sm_80 -DA=\"b c\"",
         "--threads 8  -DA=\"b c\"",
         {"-gencode arch=compute_80,code=sm_80"}},
        {"-arch=sm_80", "", {"-arch=sm_80"}},
        {"-gencode \"arch=compute_80,code=sm_80\" -O3", " -O3", {"-gencode arch=compute_80,code=sm_80"}},
        {"  -arch   sm_80\t-code  sm_80 ", "  \t ", {"-arch sm_80", "-code sm_80"}},
        {"-Xcompiler -arch=x", "-Xcompiler -arch=x", {}},
        {"-arch", "-arch", {}},
    };
    for (const Row& row : rows) {
        INFO(row.in);
        const RewrittenText got = remove_arch_options(row.in);
        CHECK(got.text == row.out);
        CHECK(got.removed == row.removed);
    }
}

TEST_CASE("one arch is two or three digits and perhaps a letter") {
    for (const char* good : {"80", "89", "90a", "120", "120f", "103a"}) CHECK(is_arch_number(good));
    for (const char* bad : {"", "a", "8", "8.9", "sm_89", "089", "89b", "89aa", "1200", "89;90", " 89"})
        CHECK_FALSE(is_arch_number(bad));
}
