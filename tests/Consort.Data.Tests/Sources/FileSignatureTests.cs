using System.IO.Compression;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

public sealed class FileSignatureTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Csv() => Schema.Load(OptionMap.Parse(
        "{delimiter: comma, header: true, fields: [{name: click, kind: label}, {name: user, kind: categorical}]}", "s.yaml"));

    private string Fails(string name, byte[] content)
    {
        var path = _folder.File(name, content);
        var message = Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(path, Csv(), threads: 2)).Message;
        Assert.StartsWith(path + ":", message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<ConsortException>(() => _folder.Encode(Csv(), path)).Message);
        Assert.Equal(message, PrintableText.Of(message));
        return message;
    }

    [Theory]
    [InlineData("504B0304140008", "a zip file")]
    [InlineData("504B050600000000", "a zip file")]
    [InlineData("28B52FFD041B", "damaged zstd data")]
    [InlineData("502A4D1804000000", "damaged zstd data")]
    [InlineData("425A6839314159265359AABB", "a bzip2 file")]
    [InlineData("FD377A585A0000", "an xz file")]
    [InlineData("5D00008000FFFF", "an LZMA file")]
    [InlineData("04224D1864", "an LZ4 file")]
    [InlineData("FF060000734E61507059", "a Snappy file")]
    [InlineData("377ABCAF271C", "a 7-Zip file")]
    [InlineData("526172211A0700", "a RAR file")]
    [InlineData("5041523115041500", "a Parquet file")]
    [InlineData("4F52430803", "an ORC file")]
    [InlineData("4F626A0104", "an Avro file")]
    [InlineData("4152524F57310000", "an Arrow (Feather) file")]
    [InlineData("4645413100000000", "a Feather file")]
    [InlineData("53514C69746520666F726D6174203300", "an SQLite database")]
    [InlineData("894844460D0A1A0A", "an HDF5 file")]
    [InlineData("934E554D5059", "a NumPy array")]
    [InlineData("80049500", "a Python pickle")]
    [InlineData("D0CF11E0A1B11AE1", "an old Excel")]
    [InlineData("00000000000000004455434B40000000", "a DuckDB database")]
    public void Describe_FirstBytesOfOtherFormats_AreNamed(string hex, string name) =>
        Assert.Contains(": found " + name, Fails("rows.bin", Convert.FromHexString(hex)), StringComparison.Ordinal);

    [Fact]
    public void Describe_Workbook_IsToldFromAnyZip()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true)) zip.CreateEntry("[Content_Types].xml")
            .Open().Dispose();
        Assert.Contains("an Excel workbook (.xlsx)", Fails("rows.xlsx", memory.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_TarWithinGzip_IsNamed()
    {
        var tar = new byte[1024];
        "rows.csv"u8.CopyTo(tar);
        "ustar"u8.CopyTo(tar.AsSpan(257));
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(tar);
        Assert.Contains("a tar archive", Fails("rows.tar.gz", memory.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-16", true, "UTF-16 text (Excel: Unicode text), expected UTF-8")]
    [InlineData("utf-16BE", true, "UTF-16 text, expected UTF-8")]
    [InlineData("utf-32", true, "UTF-32 text, expected UTF-8")]
    [InlineData("utf-16", false, "UTF-16 text without a mark, expected UTF-8")]
    [InlineData("utf-16BE", false, "UTF-16 text without a mark, expected UTF-8")]
    [InlineData("utf-32", false, "UTF-32 text without a mark, expected UTF-8")]
    public void Describe_WideText_IsNamed(string name, bool mark, string found)
    {
        var encoding = System.Text.Encoding.GetEncoding(name);
        var text = encoding.GetBytes("click,user\n1,u1\n0,u2\n");
        Assert.Contains(": found " + found, Fails("wide.csv", [.. mark ? encoding.GetPreamble() : [], .. text]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html>", "a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS")]
    public void Describe_WhatIsNotTheFile_IsNamed(string text, string name) =>
        Assert.Contains(": found " + name, Fails("rows.csv", System.Text.Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("PAR1,FEA1\n1,2\n")]
    [InlineData("SEQ,größe\n1,2\n")]
    [InlineData("BZh1,x\n")]
    [InlineData("Object\tORC\n")]
    [InlineData("PK\n1\n")]
    [InlineData("P*\u0001\n")]
    public void Describe_TextThatBeginsLikeOne_IsText(string text) =>
        Assert.Null(FileSignature.Describe(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Read_VectorsOfAnotherFormat_AreNamed()
    {
        var rows = _folder.File("d.csv", "click,user\n1,a\n0,b\n");
        using var dataset = _folder.Encode(Csv(), rows);
        var path = _folder.File("v.txt", Convert.FromHexString("28B52FFD041B"));
        Assert.Contains("damaged zstd data",
            Assert.Throws<ConsortException>(() => PretrainedVectors.Read(path, dataset.Encoder, "user", 1, (_, _) => { })).Message,
            StringComparison.Ordinal);
        var latin = _folder.File("latin.txt", [.. "a 1\ncaf"u8, 0xE9, .. " 2\n"u8]);
        Assert.StartsWith(
            $"{latin}:2: found bytes that are not UTF-8",
            Assert.Throws<ConsortException>(() => PretrainedVectors.Read(latin, dataset.Encoder, "user", 1, (_, _) => { })).Message,
            StringComparison.Ordinal);
    }
}
