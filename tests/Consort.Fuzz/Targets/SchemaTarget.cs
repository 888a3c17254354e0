using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Fuzz.Targets;

/// <summary>Schemas as YAML: what is taken can be written, and read as the same.</summary>
internal sealed class SchemaTarget : FuzzTarget
{
    public override string Name => "schema";

    public override string What => "schema files";

    public override IReadOnlyList<string> Words { get; } =
    [
        "format", "delimited", "libsvm", "libffm", "delimiter", "tab", "comma", "header", "true", "false", "quoted", "trim", "missing",
        "min_count", "pairs", "first_index", "fields", "name", "kind",
        "label", "categorical", "numeric", "ignored", "transform", "standardise", "min_max", "log2_buckets", "quantile_buckets: 5",
        "hash: 10", "derive", "hour", "weekday", "share", "values", "preset", "criteo", "file", "pretrained", "a1..a9",
        "list", "sequence", "splitter", "max_len", "keep", "first", "last", "pooling", "mean", "sum", "max", "weight_splitter",
    ];

    public override void Prepare(string folder) { }

    public override bool Try(byte[] input)
    {
        var schema = Schema.Load(OptionMap.Parse(System.Text.Encoding.UTF8.GetString(input), "schema.yaml"));
        var text = schema.ToYaml();
        var again = Schema.Load(OptionMap.Parse(text, "again.yaml")).ToYaml();
        return text == again ? true : throw new FindingException($"a schema that is read back as another:\n{text}\n---\n{again}");
    }
}
