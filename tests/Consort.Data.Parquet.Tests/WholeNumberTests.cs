using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;
using ParquetSharp;

namespace Consort.Data.Parquet.Tests;

/// <summary>Whole numbers that never become text give what their texts give.</summary>
public sealed class WholeNumberTests : IDisposable
{
    private const int Rows = 20_011;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Encode_NumbersOfEveryTransform_GivesWhatTextGives(int threads)
    {
        // One column of each goes beyond 18 digits, from some row on.
        const string Yaml = """
            {header: true, missing: ["", "-1", "007"], fields: [{name: click, kind: label}, {name: log, kind: numeric, transform: log2_buckets},
            {name: scaled, kind: numeric, transform: standardise}, {name: equal, kind: numeric, transform: "quantile_buckets: 7"},
            {name: knots, kind: numeric, transform: "piecewise: 4"}, {name: plain, kind: numeric}, {name: token, kind: categorical},
            {name: small, kind: numeric, transform: log2_buckets, missing: []}]}
            """;
        var schema = Schema.Load(OptionMap.Parse(Yaml, "s.yaml"));
        var text = new StringBuilder("click\tlog\tscaled\tequal\tknots\tplain\ttoken\tsmall\n");
        for (var i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i % 2}\t{Log(i)}\t{Scaled(i)}\t{Equal(i)}\t{Knots(i)}\t{Plain(i)}\t{Log(i)}\t{Small(i)}\n");
        var (rows, parquet) = (_folder.File("rows.tsv", text.ToString()), _folder.At("rows.parquet"));
        using (var writer = new ParquetFileWriter(parquet,
        [
            new Column<bool>("click"), new Column<long?>("log"), new Column<long?>("scaled"), new Column<int?>("equal"), new Column<long>("knots"),
            new Column<long?>("plain"), new Column<long?>("token"), new Column<int>("small"),
        ]))
        {
            for (var from = 0; from < Rows; from += 7_001)
            {
                int[] some = [.. Enumerable.Range(from, Math.Min(7_001, Rows - from))];
                using var group = writer.AppendRowGroup();
                Put(group, Array.ConvertAll(some, i => i % 2 == 1));
                Put(group, Array.ConvertAll(some, Log));
                Put(group, Array.ConvertAll(some, Scaled));
                Put(group, Array.ConvertAll(some, Equal));
                Put(group, Array.ConvertAll(some, Knots));
                Put(group, Array.ConvertAll(some, Plain));
                Put(group, Array.ConvertAll(some, Log));
                Put(group, Array.ConvertAll(some, Small));
            }
            writer.Close();
        }
        Assert.Equal(Hash("text", rows, schema, threads), Hash("numbers", parquet, schema, threads));
    }

    [Fact]
    public void Encode_ANumberOfTooManyDigits_SaysItsPlace()
    {
        var schema = Schema.Load(OptionMap.Parse("{header: true, fields: [{name: click, kind: label}, {name: n, kind: numeric, transform: log2_buckets}]}", "s.yaml"));
        var path = _folder.At("a.parquet");
        using (var writer = new ParquetFileWriter(path, [new Column<bool>("click"), new Column<long>("n")]))
        {
            using var group = writer.AppendRowGroup();
            Put(group, new bool[3000]);
            Put(group, Array.ConvertAll([.. Enumerable.Range(0, 3000)], i => i == 2345 ? 1_000_000_000_000_000_000 : (long)i));
            writer.Close();
        }
        var e = Assert.Throws<ConsortException>(() => Hash("e", path, schema, 2));
        Assert.Equal($"{path}:2346, column n: found \"1000000000000000000\", expected a whole number of at most 18 digits", e.Message);
    }

    private string Hash(string name, string path, Schema schema, int threads)
    {
        var catalogue = SourceCatalogue.BuiltIn.With(ParquetRows.Kind);
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.BySeed([path], 3), _folder.At(name), threads) { Sources = catalogue });
        return EncodedDataset.ContentHashOf(_folder.At(name));
    }

    private static long? Log(int i) => i % 11 == 0 ? null : i % 13 == 0 ? -1 : i % 17 == 0 ? 7 : i * (long)i * i - 4000;

    private static long? Scaled(int i) => i % 7 == 0 ? null : i == 15_000 ? long.MaxValue : i == 15_001 ? long.MinValue : i - 500;

    private static int? Equal(int i) => i % 5 == 0 ? null : i % 331 - 100;

    private static long Knots(int i) => i * 7919L % 100_003 - 1;

    private static long? Plain(int i) => i % 3 == 0 ? -1 : 999_999_999_999_999_999 - i;

    private static int Small(int i) => i % 9 - 3;

    private static void Put<T>(RowGroupWriter group, T[] values)
    {
        using var column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch(values);
    }
}
