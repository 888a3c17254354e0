using System.Runtime.InteropServices;
using Consort.Boosting;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Learning.Evaluation;

namespace Consort.Experiments.Tests.Running;

/// <summary>LightGBM on encoded rows, and what it is told of tokens.</summary>
public sealed class BoostedTreesTests : IDisposable
{
    private const int Rows = 3000;
    private const string Missing = "no native LightGBM here: an x64 system with libgomp is needed";

    private readonly TempFolder _folder = new();
    private readonly EncodedDataset _data;

    public BoostedTreesTests()
    {
        var text = new System.Text.StringBuilder("y,a,noise,n\n");
        for (var row = 0; row < Rows; row++)
        {
            var (a, noise, n) = (Hash(row, 1) % 40, Hash(row, 2), Hash(row, 3) % 100);
            var z = (a % 4 == 0 ? 1.5 : -1.5) + (n > 70 ? 1 : -0.3);
            var click = Hash(row, 4) % 10_000 < 10_000 / (1 + Math.Exp(-z)) ? 1 : 0;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{click},a{a},u{noise % 2500},{n}\n");
        }

        var schema = Schema.Load(OptionMapOf("""
            format: delimited
            delimiter: comma
            header: true
            fields:
              - { name: y, kind: label }
              - { name: a, kind: categorical }
              - { name: noise, kind: categorical }
              - { name: n, kind: numeric }
            """));
        var plan = SplitPlan.Load(OptionMapOf($"{{ source: {_folder.File("rows.csv", text.ToString()).Replace('\\', '/')}, by: order, shares: [0.6, 0.2, 0.2] }}"), _folder.Path);
        _data = EncodedDataset.Open(DatasetEncoder.EncodeOrReuse(new EncodeRequest(schema, plan, _folder.At("encoded"), 1), null, default).Folder);
    }

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(CategoryInput.Statistics)]
    [InlineData(CategoryInput.Native)]
    [InlineData(CategoryInput.Auto)]
    public void Fit_PlantedEffects_FindsThemOnTestRows(CategoryInput categories)
    {
        Assert.SkipUnless(BoostedTrees.IsHere, Missing);
        var options = new BoostingOptions { Categories = categories, MinRows = 20 };
        var scores = BoostedTrees.Fit(_data, options, seed: 1, threads: 1, default);
        Assert.InRange(Auc(scores.Test!, 2400), 0.72, 0.9); // what is planted, and no more
        Assert.InRange(scores.Trees, 2, options.Trees);
        Assert.Equal(600, scores.Valid.Length);
        Assert.Equal(scores.ValidAuc, Auc(scores.Valid, 1800), 1e-5);
        Assert.Equal(scores.Test, BoostedTrees.Fit(_data, options, seed: 1, threads: 1, default).Test); // by its seed alone
    }

    [Fact]
    public void Fit_PartOfTheValidationRows_AloneChoosesHowManyTrees()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, Missing);
        var (options, grown) = (new BoostingOptions { Categories = CategoryInput.Statistics, MinRows = 20 }, new Grown());
        var scores = BoostedTrees.Fit(_data, options, seed: 1, threads: 1, row => row < 300, grown, default);
        Assert.Equal(Enumerable.Range(1, grown.Told.Count).Select(t => (long)t), grown.Told); // told after each
        Assert.True(grown.Told.Count > scores.Trees);
        Assert.Equal(600, scores.Valid.Length);
        Assert.Equal(scores.ValidAuc, Auc(scores.Valid[..300], 1800), 1e-5);
        Assert.NotEqual(scores.ValidAuc, Auc(scores.Valid, 1800), 1e-4);
    }

    [Fact]
    public void Fit_EachOption_ChangesTheTrees()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, Missing);
        var usual = new BoostingOptions { Categories = CategoryInput.Statistics, Trees = 20 };
        var logits = Fitted(usual);
        foreach (var other in new[] { usual with { ColumnShare = 0.4 }, usual with { RowShare = 0.5 }, usual with { L1 = 1 }, usual with { L2 = 10 },
            usual with { Smoothing = 50 }, usual with { Categories = CategoryInput.Native } })
            Assert.NotEqual(logits, Fitted(other));
        Assert.NotEqual(Fitted(usual with { Categories = CategoryInput.Native }),
            Fitted(usual with { Categories = CategoryInput.Native, Smoothing = 200 }));

        float[] Fitted(BoostingOptions options) => BoostedTrees.Fit(_data, options, seed: 1, threads: 1, default).Valid;
    }

    [Fact]
    public void Of_TrainingRow_IsNotToldOfItsOwnLabel()
    {
        var statistics = new TargetStatistics(_data, 10, default);
        var table = RowTable.Of(_data.Train, statistics, isNative: false, default);
        // Tokens of noise are almost all alone: told of their own labels they would tell clicks apart, told of others they tell nothing.
        var noise = Enumerable.Range(0, table.Labels.Length).Select(r => table.Values[(r * table.Columns) + 2]).ToArray();
        Assert.InRange(Auc(noise, 0), 0.4, 0.6);
        using var loader = new BatchLoader(_data.Train, new LoaderOptions(Rows));
        loader.Start(0);
        var batch = loader.Next()!;
        var leaking = Enumerable.Range(0, batch.Rows).Select(r => statistics.Of(batch.IdsOf(r, 1), [], null).Rate).ToArray();
        Assert.True(Auc(leaking, 0) > 0.8);
    }

    [Fact]
    public void OutOfFold_TrainingRows_AreTaughtByTreesThatHaveNotSeenThem()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, Missing);
        var options = new BoostingOptions { Categories = CategoryInput.Statistics, MinRows = 5 };
        var told = BoostedTrees.OutOfFold(_data, options, trees: 60, seed: 1, threads: 1, default);
        Assert.Equal(_data.Train.Rows, told.Length);
        Assert.InRange(Auc(told, 0), 0.75, 0.9); // trees that have seen the rows come far above
    }

    [Fact]
    public void IsHere_UnlessTheUserSaysHowThreadsWait_TheySleep()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "waits as OpenMP of Windows does");
        _ = BoostedTrees.IsHere;
        var own = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY");
        var isOwn = own is not null || Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is not null;
        Assert.Equal(isOwn ? own : "passive", Marshal.PtrToStringUTF8(getenv("OMP_WAIT_POLICY"))); // as the library sees it
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint getenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    private sealed class Grown : IProgress<long>
    {
        public List<long> Told { get; } = [];

        public void Report(long value) => Told.Add(value);
    }

    private double Auc(float[] logits, int first)
    {
        using var evaluator = new Evaluator();
        var lines = File.ReadLines(_folder.At("rows.csv")).Skip(1 + first).Take(logits.Length);
        evaluator.Add(logits, [.. lines.Select(l => l[0] == '1' ? 1f : 0f)]);
        return evaluator.Result().Auc;
    }

    private static Foundation.Options.OptionMap OptionMapOf(string yaml) => Foundation.Options.OptionMap.Parse(yaml, "test");

    private static uint Hash(int row, int what) =>
        (uint)(new Foundation.Numbers.CounterRandom((ulong)what, "rows").Bits((ulong)row) >> 33);
}
