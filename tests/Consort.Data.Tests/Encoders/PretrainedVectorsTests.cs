using System.IO.Compression;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class PretrainedVectorsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly EncodedDataset _dataset;

    public PretrainedVectorsTests()
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{delimiter: comma, fields: [{name: y, kind: label}, {name: z, kind: categorical}, {name: a, kind: categorical}, {name: h, kind: categorical, transform: {hash: 5}}]}", "s.yaml"));
        _dataset = _folder.Encode(schema,
            _folder.File("d.csv", "1,q,red,1\n0,q,red,1\n0,q,dark green,1\n0,q,a long token,1\n0,q,a long token,1\n0,q,a long token,1\n"));
    }

    public void Dispose()
    {
        _dataset.Dispose();
        _folder.Dispose();
    }

    private List<(string Token, float[] Vector)> Read(string path, string column = "a", int dimension = 2)
    {
        var vectors = new List<(string, float[])>();
        var found = PretrainedVectors.Read(path, _dataset.Encoder, column, dimension,
            (id, vector) => vectors.Add((_dataset.Encoder.Token(id), vector.ToArray())));
        Assert.Equal(vectors.Count, found);
        return vectors;
    }

    [Theory]
    [InlineData("v.tsv", "red\t1\t-2.5\nblue\t3\t4\n\na long token\t1e-3\t0\n")]
    [InlineData("v.csv", "red,1,-2.5\r\nblue,3,4\r\na long token,1e-3,0")]
    public void Read_TokensOfTheVocabulary_GivesTheirIds(string name, string text) =>
        Check([("red", [1f, -2.5f]), ("a long token", [0.001f, 0f])], Read(_folder.File(name, text)));

    [Fact]
    public void Read_Word2Vec_LeavesItsHeadOut() =>
        Check([("red", [1f, 2f])], Read(_folder.File("v.vec", "\uFEFF2 2\nred 1 2 \nblue 3 4 \n")));

    [Fact]
    public void Read_Gzip_IsUnpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("red\t1\t2\n"u8);
        Check([("red", [1f, 2f])], Read(_folder.File("v.tsv.gz", packed.ToArray())));
    }

    [Fact]
    public void Read_LineLongerThanTheBuffer_IsWhole()
    {
        const int Dimension = 200_000;
        var vectors = Read(_folder.File("v.tsv", "blue" + string.Concat(Enumerable.Repeat("\t0", Dimension)) + "\nred"
            + string.Concat(Enumerable.Repeat("\t0.5", Dimension)) + "\n"), dimension: Dimension);
        Assert.Equal(("red", Dimension), (vectors[0].Token, vectors[0].Vector.Count(v => v == 0.5f)));
    }

    [Theory]
    [InlineData("red\t1\t2\nblue\t3\n", "v.tsv:2: found 1 numbers, expected 2, the column's dimension")]
    [InlineData("red\n", "v.tsv:1: found 0 numbers, expected 2, the column's dimension")]
    [InlineData("red\t1\t2\t3\n", "v.tsv:1: found 3 numbers, expected 2, the column's dimension")]
    [InlineData("red\t1\tx2\n", "v.tsv:1, number 2: found \"x2\", expected a number")]
    [InlineData("red\t1\tNaN\n", "v.tsv:1, number 2: found \"NaN\", expected a number")]
    [InlineData("red\t1\t1e300\n", "v.tsv:1, number 2: found \"1e300\", expected a number")]
    [InlineData("red\t1\t2\nblue\t1\t2\nred\t1\t2\n", "v.tsv:3: found the token \"red\" again, expected each once")]
    public void Read_Mistake_SaysFileAndLine(string text, string message)
    {
        var path = _folder.File("v.tsv", text);
        Assert.Equal(message, Assert.Throws<ConsortException>(() => Read(path)).Message[(Path.GetDirectoryName(path)!.Length + 1)..]);
    }

    [Fact]
    public void Read_NoVocabulary_SaysSo()
    {
        var path = _folder.File("v.tsv", "1\t1\t2\n");
        Assert.Equal($"column h: has no vocabulary of tokens, expected one for the vectors in {path}",
            Assert.Throws<ConsortException>(() => Read(path, "h")).Message);
        Assert.EndsWith("v.tsv: found no categorical column g", Assert.Throws<ConsortException>(() => Read(path, "g")).Message,
            StringComparison.Ordinal);
        Assert.EndsWith("none.tsv: file not found", Assert.Throws<ConsortException>(() => Read(_folder.At("none.tsv"))).Message,
            StringComparison.Ordinal);
    }

    private static void Check((string Token, float[] Vector)[] expected, List<(string Token, float[] Vector)> found)
    {
        Assert.Equal(expected.Select(v => v.Token), found.Select(v => v.Token));
        Assert.Equal(expected.SelectMany(v => v.Vector), found.SelectMany(v => v.Vector));
    }
}
