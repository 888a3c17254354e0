using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using ParquetSharp;
using ParquetSharp.Schema;

namespace Consort.Data.Parquet.Tests;

/// <summary>What is said of files that cannot be read, or not by this schema.</summary>
public sealed class ParquetMistakeTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(ParquetRows.Kind);

    private static readonly Schema Schema =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_AFileThatWasCutOff_SaysSo()
    {
        var path = Users("a.parquet", [1, 2, 3]);
        foreach (var length in new[] { 4, 11, 12, (int)new FileInfo(path).Length - 1 })
        {
            var cut = _folder.File("cut.parquet", File.ReadAllBytes(path)[..length]);
            Assert.Equal($"{cut}: found a Parquet file without its end, expected PAR1 as its last bytes: was it cut off, or is it still being written?", Mistake(cut));
        }
    }

    [Fact]
    public void Read_ADamagedDescription_SaysSo()
    {
        var bytes = File.ReadAllBytes(Users("a.parquet", [1, 2, 3]));
        bytes.AsSpan(bytes.Length - 60, 40).Fill(0xEE);
        var path = _folder.File("bad.parquet", bytes);
        Assert.StartsWith($"{path}: found a Parquet file whose description cannot be read, expected a whole one: ", Mistake(path), StringComparison.Ordinal);
        Assert.DoesNotContain("(message:", Mistake(path), StringComparison.Ordinal);
        Assert.StartsWith("found a Parquet file whose", Mistake(_folder.File("foreign.parquet", [.. "PAR1"u8, 1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0x7F, .. "PAR1"u8])).Split(": ", 2)[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Read_ADamagedPage_SaysColumnAndAboutWhere(int threads)
    {
        var bytes = File.ReadAllBytes(Users("a.parquet", [.. Enumerable.Range(0, 50_000).Select(i => i * 7919 % 100_003)]));
        bytes.AsSpan(bytes.Length / 2, 200).Fill(0xA5);
        var path = _folder.File("bad.parquet", bytes);
        var e = Assert.Throws<ConsortException>(() => Encode(Schema, threads, path));
        Assert.Matches(@"^.*bad\.parquet:\d+, column user: found damaged Parquet data: ", e.Message);
    }

    [Fact]
    public void Read_AnEncryptedFile_SaysSo()
    {
        var path = _folder.File("secret.parquet", [.. "PARE"u8, .. new byte[20], .. "PARE"u8]);
        Assert.Equal($"{path}: found an encrypted Parquet file, expected one without a key; decrypt it first", Mistake(path));
    }

    [Fact]
    public void Read_AColumnThatChangesItsType_NamesBothFiles()
    {
        var (first, second) = (Users("a.parquet", [1, 2, 3]), Users("b.parquet", ["x"]));
        Assert.Equal($"{second}: column user holds text, expected numbers as in {first}", Mistake(first, second));
        // Whole numbers that became floats, as with pandas where some are missing, are the same values.
        var third = Users<double?>("c.parquet", [1, null]);
        Assert.Equal(["1", "2", "3", "1", null], SeenRows.Of(Catalogue, Schema, first, third).Select(r => r.Cells[1]));
    }

    [Fact]
    public void Read_AColumnThatTheSecondFileHasBeside_NamesBothFiles()
    {
        var (first, second) = (Users("a.parquet", [1]), _folder.At("b.parquet"));
        Write(second, [new Column<bool>("click"), new Column<int>("user"), new Column<int>("age")], g =>
        {
            Put<bool>(g, [true]);
            Put<int>(g, [1]);
            Put<int>(g, [30]);
        });
        Assert.StartsWith($"{second}: column \"age\" is not in the schema, nor in {first} (give it kind ignored", Mistake(first, second), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AListWhereATokenIsExpected_SaysSo()
    {
        var path = Users<int[]>("a.parquet", [[1, 2]]);
        Assert.Equal($"{path}: column user holds lists of numbers, expected one value a row for kind categorical; give it kind list", Mistake(path));
    }

    [Fact]
    public void Read_StructsAndMaps_AreRefusedWhereTheyAreRead()
    {
        var parts = new GroupNode("user", Repetition.Optional,
            [new PrimitiveNode("a", Repetition.Optional, LogicalType.None(), PhysicalType.Int32), new PrimitiveNode("b", Repetition.Optional, LogicalType.None(), PhysicalType.Int32)]);
        var path = _folder.At("a.parquet");
        using (var root = new GroupNode("schema", Repetition.Required, [new PrimitiveNode("click", Repetition.Required, LogicalType.None(), PhysicalType.Boolean), parts]))
        using (var properties = new WriterPropertiesBuilder().Build())
        using (var writer = new ParquetFileWriter(path, root, properties))
        {
            using var group = writer.AppendRowGroup();
            using (var click = (ColumnWriter<bool>)group.NextColumn()) click.WriteBatch([true]);
            for (var i = 0; i < 2; i++)
            {
                using var part = (ColumnWriter<int>)group.NextColumn();
                part.WriteBatch(1, [2], null, [7]);
            }
            group.Close();
            writer.Close();
        }
        Assert.Equal($"{path}: column user holds structs, expected one value a row, or a list of them; give it kind ignored, or take its parts by SQL", Mistake(path));
        var other = new Schema { Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Ignored), new Field("day", FieldKind.Categorical)] };
        var beside = _folder.At("day=3/a.parquet");
        Directory.CreateDirectory(_folder.At("day=3"));
        File.Move(path, beside);
        Assert.Equal(["1", null, "3"], SeenRows.Of(Catalogue, other, beside).Single().Cells);
    }

    [Fact]
    public void Encode_AFileThatVanishesBetweenThePasses_SaysSo()
    {
        var path = Users("a.parquet", [1, 2, 3]);
        var gone = new Gone(path);
        var request = new EncodeRequest(Schema, SplitPlan.InOrder([path]), _folder.At("encoded"), 1) { Sources = SourceCatalogue.BuiltIn.With(gone.Kind) };
        Assert.Equal($"{path}: file not found", Assert.Throws<ConsortException>(() => DatasetEncoder.Encode(request)).Message);
    }

    [Fact]
    public void Encode_AFileThatIsReplacedBetweenThePasses_SaysSo()
    {
        var (path, other) = (Users("a.parquet", [1, 2, 3]), Users("b.parquet", [1, 2, 4]));
        var replaced = new Gone(path, other);
        var request = new EncodeRequest(Schema, SplitPlan.InOrder([path], 0.5, 0.5, 0), _folder.At("encoded"), 1) { Sources = SourceCatalogue.BuiltIn.With(replaced.Kind) };
        Assert.Equal($"{path}: its content changed while it was being encoded, expected a file that nobody writes", Assert.Throws<ConsortException>(() => DatasetEncoder.Encode(request)).Message);
    }

    [Fact]
    public void Read_ASchemaOfPairs_IsRefused()
    {
        var path = Users("a.parquet", [1]);
        var pairs = new Schema { Format = DataFormat.Libsvm, Fields = [new Field("user", FieldKind.Categorical)] };
        Assert.Equal($"{path}: its columns have names, expected a schema of format delimited, found libsvm",
            Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, pairs, path)).Message);
    }

    // Pages without sums: what stands in them is read as far as it can be.
    [Fact]
    public void Encode_BytesChangedAnywhere_IsDoneOrSaysInWhichFile()
    {
        var path = _folder.At("a.parquet");
        using (var writer = new ParquetFileWriter(path, [new Column<bool>("click"), new Column<string?>("user")], Compression.Snappy))
        {
            for (var g = 0; g < 2; g++)
            {
                using var group = writer.AppendRowGroup();
                Put(group, new bool[500]);
                Put(group, Array.ConvertAll([.. Enumerable.Range(0, 500)], i => i % 9 == 0 ? null : $"u{i % 31}"));
            }
            writer.Close();
        }
        var bytes = File.ReadAllBytes(path);
        var (random, refused) = (new Random(7), 0);
        for (var i = 0; i < 400; i++)
        {
            var changed = bytes.ToArray();
            for (var k = random.Next(1, 4); k > 0; k--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var bad = _folder.File("bad.parquet", changed);
            try
            {
                Encode(Schema, 1 + i % 2, bad);
            }
            catch (ConsortException e)
            {
                refused++;
                Assert.StartsWith(bad, e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(refused, 100, 400);
    }

    [Fact]
    public void Read_WithoutThePackage_SaysWhichReadsIt()
    {
        var path = Users("a.parquet", [1]);
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(SourceCatalogue.BuiltIn, Schema, path));
        Assert.StartsWith($"{path}: found a Parquet file, expected text; a program with the package Consort.Data.Parquet reads", e.Message, StringComparison.Ordinal);
    }

    private string Mistake(params string[] paths) => Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, paths)).Message;

    private void Encode(Schema schema, int threads, string path) =>
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At("encoded"), threads) { Sources = Catalogue });

    private string Users<T>(string name, T[] users)
    {
        var path = _folder.At(name);
        Write(path, [new Column<bool>("click"), new Column<T>("user")], group =>
        {
            Put(group, new bool[users.Length]);
            Put(group, users);
        });
        return path;
    }

    private static void Write(string path, ParquetSharp.Column[] columns, Action<RowGroupWriter> write)
    {
        using var writer = new ParquetFileWriter(path, columns, Compression.Gzip); // which has sums
        using var group = writer.AppendRowGroup();
        write(group);
        writer.Close();
    }

    private static void Put<T>(RowGroupWriter group, T[] values)
    {
        using var column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch(values);
    }

    // Takes the file away, or puts another in its place, before the second pass over it begins: the first of two counts the rows.
    private sealed class Gone(string path, string? other = null)
    {
        private int _opened;

        public SourceKind Kind => new("parquet", Open, _ => []) { IsFile = _ => true };

        private ParquetSource Open(SourceRequest request)
        {
            if (++_opened == 2)
            {
                File.Delete(path);
                if (other is not null) File.Move(other, path);
            }
            return new ParquetSource(request);
        }
    }
}
