using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

/// <summary>Rows without labels beside a dataset.</summary>
public sealed class TransferTests : IDisposable
{
    private const string Header = "y,n,c\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("n,c\n7,t3\n8,t99\n", "no column of labels")]
    [InlineData("y,n,c\n,7,t3\n,8,t99\n", "empty labels")]
    [InlineData("y,n,c\n1,7,t3\nperhaps,8,t99\n", "labels that nobody asked for")]
    [InlineData("when,c,n\nnow,t3,7\nlater,t99,8\n", "other columns in another order")]
    public void Take_RowsWithoutLabels_AreEncodedAsThoseOfTheDataset(string text, string what)
    {
        using var dataset = Numbered("d", 50);
        Encode(dataset, text);
        dataset.Take(_folder.At("more"));
        var row = Row.Of(dataset.Train).First(r => r.Numeric[0] == 10); // 10 % 7 = 3
        var transfer = Row.Of(dataset.Transfer!);
        Assert.Equal(2, transfer.Count);
        Assert.True(row.Ids.SequenceEqual(transfer[0].Ids), what);
        Assert.Equal([7f, 8f], transfer.Select(r => r.Numeric[0]));
        Assert.Equal(dataset.Categorical[0].Offset + 1, transfer[1].Ids[0]); // out-of-vocabulary: the encoder has not learned of it
        Assert.All(transfer, r => Assert.Equal(0, r.Label));
        Assert.Equal((0, false), (dataset.Transfer!.Clicks, dataset.Transfer.HasLabels));
    }

    [Fact]
    public void EncodeOrReuse_RowsWithoutLabels_AreEncodedAgainWhereSomethingChanged()
    {
        using var dataset = Numbered("d", 50);
        var file = _folder.File("more.csv", "n,c\n7,t3\n");
        _folder.File("more.csv.truth", [0, 0, 0, 0, 1]); // of another length; rows without labels have none
        EncodeResult Again(EncodedDataset like) =>
            DatasetEncoder.EncodeOrReuse(EncodeRequest.Transfer(like, [file], _folder.At("more"), 1));
        Assert.False(Again(dataset).Reused);
        Assert.True(Again(dataset).Reused);
        using var other = Numbered("e", 60);
        var changed = Again(other);
        Assert.Equal((false, "the encoder has changed"), (changed.Reused, changed.Reason));
        File.AppendAllText(file, "8,t4\n");
        Assert.False(Again(other).Reused);
        other.Take(_folder.At("more"));
        Assert.Equal(2, other.Transfer!.Rows);
    }

    [Fact]
    public void Take_WhatIsNotForThisDataset_IsRefused()
    {
        using var dataset = Numbered("d", 50);
        using var other = Numbered("e", 60);
        Encode(dataset, "n,c\n7,t3\n");
        string Refused(Action action) => Assert.Throws<ConsortException>(action).Message;
        Assert.Contains("that another encoder has encoded", Refused(() => other.Take(_folder.At("more"))), StringComparison.Ordinal);
        Assert.Contains("found a dataset with labels", Refused(() => dataset.Take(_folder.At("e"))), StringComparison.Ordinal);
        Assert.Contains("found rows without labels, expected a dataset to train on", Refused(() => EncodedDataset.Open(_folder.At("more"))),
            StringComparison.Ordinal);
        Assert.Contains("expected another folder",
            Refused(() => DatasetEncoder.Encode(EncodeRequest.Transfer(dataset, [_folder.At("more.csv")], _folder.At("d")))),
            StringComparison.Ordinal);
        File.AppendAllText(Path.Combine(_folder.At("more"), "transfer.bin"), "x");
        Assert.Contains("the dataset is damaged", Refused(() => dataset.Take(_folder.At("more"))), StringComparison.Ordinal);
        using var whole = EncodedDataset.Open(_folder.At("d"));
        Assert.Equal(50, whole.Train.Rows);
    }

    [Fact]
    public void Take_RowsWithoutLabels_ChangeWhatIsTrainedOnAndNotTheDataset()
    {
        using var dataset = Numbered("d", 50);
        var key = dataset.Key;
        Assert.Equal(key, dataset.TrainingKey);
        Encode(dataset, "n,c\n7,t3\n");
        dataset.Take(_folder.At("more"));
        var first = dataset.TrainingKey;
        Assert.Equal(key, dataset.Key);
        Assert.StartsWith(key + "+", first, StringComparison.Ordinal);
        Encode(dataset, "n,c\n8,t3\n");
        dataset.Take(_folder.At("more"));
        Assert.NotEqual(first, dataset.TrainingKey);
    }

    [Theory]
    [InlineData(long.MaxValue, 37)]
    [InlineData(0, 100)]
    public void Next_TwoSplits_AreOneShuffledOrder(long exact, int batch)
    {
        const int Train = 900, More = 2100;
        using var dataset = Numbered("d", Train);
        Encode(dataset, "n,c\n" + string.Concat(Enumerable.Range(Train, More)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i},t{i % 7}\n"))));
        dataset.Take(_folder.At("more"));
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(batch, true, 5, ExactShuffleBytes: exact), dataset.Transfer);
        var order = Order(1);
        Assert.Equal(Enumerable.Range(0, Train + More), order.Order());
        Assert.Equal(order, Order(1));
        Assert.NotEqual(order, Order(2));
        Assert.Equal(order.Skip(3 * batch), Order(1, skip: 3));
        // A third of each stretch has labels.
        if (exact > 0) Assert.All(order.Chunk(300), part => Assert.InRange(part.Count(r => r < Train), 60, 120));

        List<int> Order(int epoch, long skip = 0)
        {
            var rows = new List<int>();
            loader.Start(epoch, skip);
            while (loader.Next() is { } next)
            {
                for (var r = 0; r < next.Rows; r++)
                {
                    var row = (int)next.Numeric[r];
                    Assert.Equal(row < Train ? 1 : 0, next.Labelled[r]);
                    Assert.Equal(row < Train ? row & 1 : 0, next.Labels[r]);
                    rows.Add(row);
                }
            }
            return rows;
        }
    }

    [Fact]
    public void Next_OneSplit_SaysNothingOfLabels()
    {
        using var dataset = Numbered("d", 50);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(8));
        loader.Start(0);
        Assert.True(loader.Next()!.Labelled.IsEmpty);
    }

    /// <summary>Rows whose only numeric value is their number, with truth.</summary>
    private EncodedDataset Numbered(string name, int rows)
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{header: true, delimiter: comma, fields: [{name: y, kind: label}, {name: n, kind: numeric}, {name: c, kind: categorical}]}",
            "s.yaml"));
        var file = _folder.File(name + ".csv", Header + string.Concat(Enumerable.Range(0, rows)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i & 1},{i},t{i % 7}\n"))));
        _folder.File(name + ".csv.truth", new byte[4 * rows]);
        return _folder.Encode(schema, file, name);
    }

    private void Encode(EncodedDataset like, string text) =>
        DatasetEncoder.EncodeOrReuse(EncodeRequest.Transfer(like, [_folder.File("more.csv", text)], _folder.At("more"), 2));
}
