using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

public sealed class DelimiterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Of(string delimiter, string more = "") => Schema.Load(OptionMap.Parse(
        $"{{delimiter: {delimiter}, {more} fields: [{{name: y, kind: label}}, {{name: a, kind: categorical}}, {{name: b, kind: categorical}}]}}", "s.yaml"));

    private (float, string, string)[] Read(Schema schema, string text)
    {
        using var dataset = _folder.Encode(schema, _folder.File("d.dat", text));
        return [.. Row.Of(dataset.Train).Select(r => (r.Label, dataset.Encoder.Token(r.Ids[0]), dataset.Encoder.Token(r.Ids[1])))];
    }

    [Theory]
    [InlineData("\"::\"", "1::x::y\n0::z::w\n", "")]
    [InlineData("\"::\"", "1::x::y\r\n0::z::w", "")]
    [InlineData("\"::\"", "b::y::a\ny::1::x\nw::0::z\n", "header: true,")]
    [InlineData("\"::\"", "\"b\"::y::\"a\"\n\"y\"::1::x\nw::\"0\"::z\n", "header: true, quoted: true,")]
    [InlineData("\"::\"", "1:: x ::y \n 0::z::w\n", "trim: true,")]
    [InlineData("\" | \"", "1 | x | y\n0 | z | w\n", "")]
    [InlineData("\", \"", "1, \"x\", y\n0, z, w\n", "quoted: true, trim: true,")]
    [InlineData("\"§\"", "1§x§y\n0§z§w\n", "")]
    [InlineData("\"\\x01\"", "1\u0001x\u0001y\n0\u0001z\u0001w\n", "")]
    [InlineData("\"<=>\"", "1<=>x<=>y\n0<=>z<=>w\n", "quoted: true,")]
    public void Read_DelimitersOfSeveralCharacters_CutTheCells(string delimiter, string text, string more)
    {
        var schema = Of(delimiter, more);
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w")], Read(schema, text));
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again.yaml")));
    }

    [Fact]
    public void Read_PartsOfADelimiter_BelongToCells() =>
        Assert.Equal([(1f, "a:b", ":c"), (0f, "(missing)", "(missing)")], Read(Of("\"::\""), "1::a:b:::c\n0::::\n"));

    [Theory]
    [InlineData("1::x\n", ":1: found 2 columns, expected 3")]
    [InlineData("1::x::y::z\n", ":1: found 4 columns, expected 3")]
    [InlineData("1::x::y\n\n0::x::y\n", ":2: found an empty line, expected 3 columns")]
    [InlineData("1,x,y\n", ":1: found 1 column, expected 3; the schema says delimiter: \"::\", should it be delimiter: comma?")]
    public void Read_WrongRow_IsNamedByLine(string text, string message)
    {
        var path = _folder.File("d.dat", text);
        Assert.Equal(path + message, Assert.Throws<ConsortException>(() => Read(Of("\"::\""), text)).Message);
    }

    /// <summary>Three parsers cut the same rows alike: one byte at a time, several, and with quotes that are not used.</summary>
    [Fact]
    public void Parse_RandomRows_ParsersAgree()
    {
        var random = new Random(11);
        var text = new System.Text.StringBuilder();
        for (var r = 0; r < 2000; r++)
        {
            string Cell() => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => (string[])["a", "b", " ", "é", ":"])
                .Select(c => c[random.Next(5)]));
            text.Append(r % 2).Append(',').Append(Cell()).Append(',').Append(Cell()).Append(random.Next(3) == 0 ? "\r\n" : "\n");
        }
        foreach (var trim in new[] { "", "trim: true," })
        {
            var one = Read(Of("comma", trim), text.ToString());
            Assert.Equal(one, Read(Of("comma", "quoted: true," + trim), text.ToString()));
            Assert.Equal(one, Read(Of("\"<,>\"", trim), text.Replace(",", "<,>").ToString()));
            Assert.Equal(one, Read(Of("\"<,>\"", "quoted: true," + trim), text.ToString()));
            text.Replace("<,>", ",");
        }
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\\\"b\"")]
    [InlineData("\"\\n\"")]
    [InlineData("\"12345678901234567\"")]
    public void Load_DelimiterThatCannotCut_IsRefused(string delimiter) =>
        Assert.Contains("key delimiter: found", Assert.Throws<ConsortException>(() => Of(delimiter)).Message, StringComparison.Ordinal);

    [Fact]
    public void EncodeField_TrimmedValue_IsWhatTheFileGave()
    {
        using var dataset = _folder.Encode(Of("comma", "quoted: true, trim: true,"), _folder.File("d.dat", "1,\" x \", y\n0, z ,\"w\"\n"));
        var ids = new int[2];
        dataset.Encoder.EncodeField(1, " x "u8, ids, []);
        Assert.Equal(Row.Of(dataset.Train)[0].Ids[0], ids[0]);
    }

    [Fact]
    public void Show_LongCell_IsCutBetweenCharacters()
    {
        var shown = RowParser.Show(System.Text.Encoding.UTF8.GetBytes(new string('x', 59) + "ééé\u001b"));
        Assert.Equal("\"" + new string('x', 59) + "…\"", shown);
    }
}
