using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;

namespace Consort.Data.DuckDb.Tests;

/// <summary>The text of a value of every type, which is the same as of other sources.</summary>
public sealed class DuckDbTypeTests
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(DuckDbRows.Kind);

    private static readonly Schema Schema =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("value", FieldKind.Categorical)] };

    [Theory]
    [InlineData("true", "1")]
    [InlineData("null::boolean", null)]
    [InlineData("null", null)]
    [InlineData("(-128)::tinyint", "-128")]
    [InlineData("255::utinyint", "255")]
    [InlineData("(-32768)::smallint", "-32768")]
    [InlineData("65535::usmallint", "65535")]
    [InlineData("4294967295::uinteger", "4294967295")]
    [InlineData("(-9223372036854775808)::bigint", "-9223372036854775808")]
    [InlineData("18446744073709551615::ubigint", "18446744073709551615")]
    [InlineData("-170141183460469231731687303715884105727::hugeint", "-170141183460469231731687303715884105727")]
    [InlineData("340282366920938463463374607431768211455::uhugeint", "340282366920938463463374607431768211455")]
    [InlineData("0.1::float", "0.1")]
    [InlineData("260.0::double", "260")]
    [InlineData("1e-7::double", "1E-07")]
    [InlineData("12.50::decimal(4,2)", "12.5")]
    [InlineData("-0.050::decimal(9,3)", "-0.05")]
    [InlineData("123456.789::decimal(18,3)", "123456.789")]
    [InlineData("-3.00::decimal(38,2)", "-3")]
    [InlineData("'Zürich'", "Zürich")]
    [InlineData("''", "")]
    [InlineData("'twelve bytes'", "twelve bytes")]
    [InlineData("'more than twelve bytes'", "more than twelve bytes")]
    [InlineData("'AB'::blob", "AB")]
    [InlineData("'b'::enum('a', 'b')", "b")]
    [InlineData("'00112233-4455-6677-8899-aabbccddeeff'::uuid", "00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("'f0112233-4455-6677-8899-aabbccddeeff'::uuid", "f0112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("date '1969-12-31'", "1969-12-31")]
    [InlineData("time '13:05:00.25'", "13:05:00.25")]
    [InlineData("timetz '13:05:00.25+00'", "13:05:00.25")]
    [InlineData("timetz '13:05:00+02'", "13:05:00+02:00")]
    [InlineData("timetz '13:05:00-03:30'", "13:05:00-03:30")]
    [InlineData("timetz '13:05:00+15:59:59'", "13:05:00+15:59:59")]
    [InlineData("timestamp '2026-11-01 13:05:00'", "2026-11-01T13:05:00")]
    [InlineData("'1969-12-31 23:59:59'::timestamp_s", "1969-12-31T23:59:59")]
    [InlineData("'2026-11-01 13:05:00.25'::timestamp_ms", "2026-11-01T13:05:00.25")]
    [InlineData("'2026-11-01 13:05:00.000000001'::timestamp_ns", "2026-11-01T13:05:00.000000001")]
    [InlineData("make_timestamptz(1793538300000000)", "2026-11-01T13:05:00Z")]
    [InlineData("date 'infinity'", "infinity")]
    [InlineData("date '-infinity'", "-infinity")]
    [InlineData("date '5877641-06-24'", "5877641-06-24")] // hardly before
    [InlineData("timestamp 'infinity'", "infinity")]
    [InlineData("timestamp '-infinity'", "-infinity")]
    [InlineData("'infinity'::timestamptz", "infinity")]
    [InlineData("'infinity'::timestamp::timestamp_s", "infinity")]
    public void Read_AValue_IsTheTextOfOtherSources(string value, string? text)
    {
        var row = Assert.Single(SeenRows.Of(Catalogue, Schema, $"sql:select 1 as click, {value} as value"));
        Assert.Equal(text, row.Cells[1]);
    }

    [Theory]
    [InlineData("interval 3 days", "values of type INTERVAL")]
    [InlineData("{'a': 1}", "values of type STRUCT")]
    [InlineData("map {'a': 1}", "values of type MAP")]
    [InlineData("[[1]]", "lists of lists")]
    public void Open_AValueThatIsNotOne_SaysWhatItIs(string value, string type)
    {
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, $"sql:select 1 as click, {value} as value"));
        Assert.Contains($": column value holds {type}, expected one value a row", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ManyValuesWithNulls_AreEachInItsRow()
    {
        var rows = SeenRows.Of(Catalogue, Schema, "sql:select 0 as click, case when i % 3 > 0 then i end as value from range(100000) t(i)");
        Assert.Equal(100_000, rows.Count);
        Assert.All(rows.Index(), r => Assert.Equal(r.Index % 3 > 0 ? $"{r.Index}" : null, r.Item.Cells[1]));
    }
}
