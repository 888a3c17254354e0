using System.Text.Json;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using FsCheck;
using FsCheck.Fluent;

namespace Consort.Data.Tests.Schemas;

/// <summary>Any schema, written and read again.</summary>
public sealed class SchemaPropertyTests
{
    private static readonly string[] Kinds =
    [
        "kind: categorical", "kind: categorical, min_count: 3", "kind: categorical, transform: \"hash: 40\"",
        "kind: categorical, missing: [\"\", \"n/a: #\"]",
        "kind: numeric", "kind: numeric, transform: standardise", "kind: numeric, transform: min_max",
        "kind: numeric, transform: log2_buckets", "kind: numeric, transform: \"quantile_buckets: 5\"", "kind: ignored",
    ];

    [Fact]
    public void ToYaml_OfAnySchema_IsReadAsTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Drafts().ToArbitrary(), draft =>
        {
            var schema = Schema.Load(OptionMap.Parse(draft.Text(), "schema"));
            var again = Schema.Load(OptionMap.Parse(schema.ToYaml(), "again"));
            Assert.Equal(schema.ToYaml(), again.ToYaml());
            Assert.Equal(["label", "when", .. draft.Fields.Select(f => f.Name)], again.Fields.Select(f => f.Name));
            Assert.Equal(draft.Missing, again.Missing);
            Assert.Equal(schema.Fields.Select(f => (f.Kind, f.Transform, f.MinCount)),
                again.Fields.Select(f => (f.Kind, f.Transform, f.MinCount)));
            Assert.Equal((draft.Header, draft.Trim, draft.MinCount), (again.Header, again.Trim, again.MinCount));
        }));

    private static Gen<Draft> Drafts() =>
        from header in Gen.Elements(true, false)
        from trim in Gen.Elements(true, false)
        from minCount in Gen.Choose(1, 100)
        from missing in Texts().NonEmptyListOf()
        from fields in (from kind in Gen.Elements(Kinds) from name in Texts() select (name, kind)).NonEmptyListOf()
        select new Draft(header, trim, minCount, [.. missing.Distinct()],
            [.. fields.Select((f, i) => (FormattableString.Invariant($"{f.name}{i}"), f.kind))]);

    // What YAML has a meaning for, among others; two dots would name several fields.
    private static Gen<string> Texts() =>
        Gen.Elements("ab-:#'\"\\{}[],&*!|>%@`~?=ü ".ToCharArray()).ArrayOf().Resize(6).Select(c => "x" + new string(c).Trim());

    private sealed record Draft(bool Header, bool Trim, int MinCount, string[] Missing, (string Name, string Kind)[] Fields)
    {
        // JSON's texts are YAML's too.
        public string Text() =>
            $"header: {(Header ? "true" : "false")}\ntrim: {(Trim ? "true" : "false")}\nmin_count: {FormattableString.Invariant($"{MinCount}")}\nmissing: {JsonSerializer.Serialize(Missing)}\nfields:\n  - {{ name: label, kind: label }}\n"
            + "  - { name: when, kind: categorical, derive: [hour, weekday] }\n" // once, for its columns have names of their own
            + string.Concat(Fields.Select(f => $"  - {{ name: {JsonSerializer.Serialize(f.Name)}, {f.Kind} }}\n"));

        public override string ToString() => Text();
    }
}
