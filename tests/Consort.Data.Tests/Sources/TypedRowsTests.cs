using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

/// <summary>Rows that a program has take the contract of all sources, and its values the same texts.</summary>
public sealed class TypedRowsTests : RowSourceContract
{
    private SourceCatalogue _catalogue = SourceCatalogue.BuiltIn;

    protected override SourceCatalogue Catalogue => _catalogue;

    // Columns are properties, so each set of columns has its type.
    protected override string Write(string name, string[] columns, IReadOnlyList<string?[]> rows)
    {
        string?[][] kept = [.. rows.Select(r => (string?[])r.Clone())];
        _catalogue = _catalogue.With(columns switch
        {
            ["click", "user", "price", "note", "city"] => TypedRows.Of(name, () => kept.Select(r => new { click = r[0], user = r[1], price = r[2], note = r[3], city = r[4] })),
            ["click", "user", "price", "city"] => TypedRows.Of(name, () => Later(kept.Select(r => new { click = r[0], user = r[1], price = r[2], city = r[3] }))),
            ["click", "user", "cost", "city"] => TypedRows.Of(name, () => kept.Select(r => new { click = r[0], user = r[1], cost = r[2], city = r[3] })),
            _ => TypedRows.Of(name, () => kept.Select(r => new { click = r[0], user = r[1], price = r[2] })),
        });
        return $"rows:{name}";
    }

    private static async IAsyncEnumerable<T> Later<T>(IEnumerable<T> rows)
    {
        foreach (var row in rows)
        {
            await Task.Yield();
            yield return row;
        }
    }

    [Fact]
    public void Read_ValuesOfEveryType_AreTheTextsOfOtherSources()
    {
        Check(true, "1");
        Check((sbyte)-3, "-3");
        Check(ulong.MaxValue, "18446744073709551615");
        Check(0.1f, "0.1");
        Check(260.0, "260");
        Check(12.50m, "12.5");
        Check((int?)null, null);
        Check((int?)7, "7");
        Check(DayOfWeek.Friday, "Friday");
        Check(new DateOnly(2026, 11, 1), "2026-11-01");
        Check(new TimeOnly(13, 5, 0, 250), "13:05:00.25");
        Check(new DateTime(2026, 11, 1, 13, 5, 0, DateTimeKind.Utc), "2026-11-01T13:05:00Z");
        Check(new DateTime(1960, 1, 1, 1, 2, 3), "1960-01-01T01:02:03");
        Check(new DateTimeOffset(2026, 11, 1, 16, 5, 0, TimeSpan.FromHours(3)), "2026-11-01T13:05:00Z");
        Check(new Guid("00112233-4455-6677-8899-aabbccddeeff"), "00112233-4455-6677-8899-aabbccddeeff");
        Check("Zürich"u8.ToArray(), "Zürich");
        Check(new string('x', 1000), new string('x', 1000));
        Check("a b".Split(' '), "a|b");
        Check(new List<int?> { 1, null, 3 }, "1|3");
        Check(new List<int?> { 1, null, 3 }, "1||3", OfSequence);
        Check(new string?[] { null, "b" }, "|b", OfSequence);
        Check(new string?[] { null }, "", OfSequence);
        Check(Array.Empty<int>(), "");
        Check((int[]?)null, null);
    }

    [Fact]
    public void Read_ATokenThatTheSplitterWouldCut_SaysItsRow()
    {
        var kind = TypedRows.Of("x", () => "a a|b".Split(' ').Select(t => new { click = 1, value = new[] { t } }));
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(SourceCatalogue.BuiltIn.With(kind), OfList, "rows:x"));
        Assert.StartsWith("rows:x:2, column value: found \"|\", the field's splitter", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AValueThatIsNotOne_SaysWhatItIs()
    {
        var kind = TypedRows.Of("x", () => new[] { new { click = 1, value = new object() } });
        Assert.Equal("rows:x: column value holds values of type Object, expected one value a row, or a list of them; give it kind ignored",
            Assert.Throws<ConsortException>(() => SeenRows.Of(SourceCatalogue.BuiltIn.With(kind), OfToken, "rows:x")).Message);
    }

    [Fact]
    public void Places_OfRowsThatNobodyGave_SayWhoWould() => Assert.StartsWith("rows:y: is read by a kind of source of the program's own",
        Assert.Throws<ConsortException>(() => SourceCatalogue.BuiltIn.With(TypedRows.Of("x", () => new[] { new { a = 1 } })).Places("rows:y")).Message, StringComparison.Ordinal);

    private static Schema OfToken { get; } = new() { Fields = [new Field("click", FieldKind.Label), new Field("value", FieldKind.Categorical)] };

    private static Schema OfList { get; } =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("value", FieldKind.List) { List = new FieldList() }] };

    private static Schema OfSequence { get; } =
        OfList with { Fields = [OfList.Fields[0], OfList.Fields[1] with { Kind = FieldKind.Sequence }] };

    private static void Check<T>(T value, string? text, Schema? of = null)
    {
        var kind = TypedRows.Of("x", () => new[] { new { click = 1, value } });
        var schema = of ?? (typeof(T).IsArray && typeof(T) != typeof(byte[]) || value is List<int?> ? OfList : OfToken);
        Assert.Equal(text, SeenRows.Of(SourceCatalogue.BuiltIn.With(kind), schema, "rows:x").Single().Cells[1]);
    }
}
