using System.Text;
using System.Text.Json;
using Consort.Learning.Checkpoints;

namespace Consort.Learning.Tests.Checkpoints;

public sealed class TensorFileTests : IDisposable
{
    private const string State = "{\"step\":7,\"name\":\"a \\\"checksum\\\":\\\"x\\\" é\"}";
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;
    private readonly float[] _matrix = GC.AllocateArray<float>(6, pinned: true);
    private readonly float[] _vector = GC.AllocateArray<float>(3, pinned: true);
    private readonly string _path;

    public TensorFileTests()
    {
        _path = Path.Combine(_folder, "tensors.ckpt");
        for (var i = 0; i < 6; i++)
            _matrix[i] = i + 0.5f;
        (_vector[0], _vector[1], _vector[2]) = (float.NaN, float.NegativeInfinity, -0f);
        Write();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WriteThenRead_GivesTheSameBits()
    {
        var (state, read) = Read();
        Assert.Equal(State, state);
        Assert.Equal(_matrix, read[0]);
        Assert.Equal(_vector.Select(BitConverter.SingleToInt32Bits), read[1].Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(State, TensorFile.ReadState(_path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_IsAValidSafetensorsFile()
    {
        // As the format's own page has it: u64 length, JSON, numbers without holes; metadata are texts.
        var bytes = File.ReadAllBytes(_path);
        var length = (int)BitConverter.ToUInt64(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal((byte)'{', bytes[8]);
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, length));
        var tensors = new List<(string Name, long Begin, long End)>();
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                Assert.All(property.Value.EnumerateObject(), p => Assert.Equal(JsonValueKind.String, p.Value.ValueKind));
                continue;
            }

            Assert.Equal(["dtype", "shape", "data_offsets"], property.Value.EnumerateObject().Select(p => p.Name));
            Assert.Equal("F32", property.Value.GetProperty("dtype").GetString());
            var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt64()).ToArray();
            var elements = property.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (n, e) => n * e.GetInt64());
            Assert.Equal(elements * 4, offsets[1] - offsets[0]);
            tensors.Add((property.Name, offsets[0], offsets[1]));
        }

        Assert.Equal([("member0/a", 0L, 24L), ("b", 24L, 36L)], tensors);
        Assert.Equal(bytes.Length, 8 + length + 36);
        for (var i = 0; i < 6; i++)
            Assert.Equal(_matrix[i], BitConverter.ToSingle(bytes, 8 + length + (4 * i)));
    }

    [Fact]
    public void Read_CutAnywhere_IsRefusedAndCopiesNothing()
    {
        var whole = File.ReadAllBytes(_path);
        for (var length = 0; length < whole.Length; length++)
            AssertRefused(whole[..length], $"cut to {length} bytes");
        AssertRefused([.. whole, 0], "a byte too many");
    }

    [Fact]
    public void Read_AnyBitFlipped_IsRefusedAndCopiesNothing()
    {
        // The header's length was not part of the checksum, and a flip in the key "checksum" itself gave a KeyNotFoundException.
        var whole = File.ReadAllBytes(_path);
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            whole[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(whole, $"byte {bit / 8}, bit {bit % 8}");
            whole[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Read_RefusedByTheCaller_CopiesNothing()
    {
        // Shapes were compared while numbers were copied: the tensors before a wrong one had been overwritten by then.
        var target = GC.AllocateArray<float>(6, pinned: true);
        Assert.Throws<ConsortException>(() => TensorFile.Read(
            _path, (name, _) => name == "b" ? throw new ConsortException("no") : Numbers(target)));
        Assert.Throws<ConsortException>(() => TensorFile.Read(
            _path, (name, _) => name == "b" ? null : Numbers(target), () => throw new ConsortException("no")));
        Assert.Equal(new float[6], target);
    }

    [Fact]
    public void Read_MissingFile_NamesIt()
    {
        var e = Assert.Throws<ConsortException>(() => TensorFile.Read(Path.Combine(_folder, "none.ckpt"), (_, _) => null));
        Assert.Contains("none.ckpt: cannot be opened", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherFormat_NamesBoth()
    {
        var header = Encoding.UTF8.GetBytes("""{"__metadata__":{"format":"pt"}}""".PadRight(40));
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes(40L), .. header]);
        var e = Assert.Throws<ConsortException>(() => { Read(); });
        Assert.Equal($"{_path}: found format pt, expected consort-tensors-1", e.Message);
    }

    private static NativeSource<float> Numbers(float[] of) => () => of.AsSpan();

    private void Write() => TensorFile.Write(_path, State,
    [
        new TensorSource("member0/a", [2, 3], Numbers(_matrix)),
        new TensorSource("b", [3], Numbers(_vector)),
    ]);

    private (string State, float[][] Read) Read()
    {
        float[][] targets = [GC.AllocateArray<float>(6, pinned: true), GC.AllocateArray<float>(3, pinned: true)];
        return (TensorFile.Read(_path, (name, _) => Numbers(name == "b" ? targets[1] : targets[0])), targets);
    }

    private void AssertRefused(byte[] content, string what)
    {
        File.WriteAllBytes(_path, content);
        var target = GC.AllocateArray<float>(64, pinned: true);
        try
        {
            TensorFile.Read(_path, (_, _) => Numbers(target));
        }
        catch (ConsortException e)
        {
            Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
            Assert.True(target.All(v => v == 0), $"{what}: numbers were copied");
            return;
        }

        Assert.Fail($"{what}: was read");
    }
}
