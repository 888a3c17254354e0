using System.Text;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

public sealed class DelimitedParserTests
{
    /// <summary>The vectorised parser against string.Split, over random row widths, cell lengths and line ends.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(130)]
    public void Parse_RandomRows_AgreesWithSplit(int columns)
    {
        var random = new Random(columns);
        var schema = new Schema
        {
            Fields = [new Field("y", FieldKind.Label), .. Enumerable.Range(1, columns - 1)
                .Select(i => new Field($"c{i}", FieldKind.Categorical))],
        };
        var text = new StringBuilder();
        var expected = new List<string[]>();
        for (var r = 0; r < 333; r++)
        {
            string[] cells = [.. Enumerable.Range(0, columns)
                .Select(_ => new string((char)random.Next('a', 'z'), random.Next(5) == 0 ? random.Next(200) : random.Next(9)))];
            if (columns == 1) cells[0] += "x";
            expected.Add(cells);
            text.AppendJoin('\t', cells).Append(random.Next(4) == 0 ? "\r\n" : "\n");
        }
        var bytes = System.Text.Encoding.UTF8.GetBytes(text.ToString());
        using var block = new Block(bytes.Length);
        bytes.CopyTo(block.Bytes);
        block.Length = bytes.Length;
        var group = new RowGroup(columns);
        var parser = new DelimitedParser(Layout.InOrder("d.tsv", schema));
        int position = 0, row = 0;
        while (position < block.Length)
        {
            position = parser.Parse(block, position, group);
            for (var r = 0; r < group.Rows; r++, row++)
            {
                for (var c = 0; c < columns; c++)
                {
                    var cell = group.CellsOf(c)[r];
                    Assert.Equal(expected[row][c], Encoding.UTF8.GetString(cell.Of(block.Bytes)));
                }
            }
        }
        Assert.Equal(expected.Count, row);
    }
}
