using Consort.Studies.Diagnostics;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Consort.Experiments.Tests.Diagnostics;

public sealed class SpectrumTests
{
    [Fact]
    public void Of_SingularValuesByHand_Match()
    {
        var spectrum = Spectrum.Of([1, 4, 3]);
        Assert.Equal([4.0, 3.0, 1.0], spectrum.SingularValues);
        Assert.Equal([1.0, 0.75, 0.25], spectrum.Normalised);
        Assert.Equal(2, spectrum.InformationAbundance);
        Assert.Equal(Math.Exp(-((0.5 * Math.Log(0.5)) + (0.375 * Math.Log(0.375)) + (0.125 * Math.Log(0.125)))),
            spectrum.EffectiveRank, 12);
    }

    [Theory]
    [InlineData(1, 0, 0, 1.0, 1.0)]
    [InlineData(2, 2, 2, 3.0, 3.0)]
    [InlineData(0, 0, 0, 0.0, 0.0)]
    public void Of_Bounds_AreReached(double a, double b, double c, double abundance, double rank)
    {
        var spectrum = Spectrum.Of([a, b, c]);
        Assert.Equal(abundance, spectrum.InformationAbundance, 12);
        Assert.Equal(rank, spectrum.EffectiveRank, 12);
    }

    // Columns of a diagonal: the singular values are its numbers.
    [Fact]
    public void Spectra_DiagonalMatrix_AreItsNumbers()
    {
        var factor = new RowFactor(3);
        factor.Add([0, 5, 0]);
        factor.Add([-2, 0, 0]);
        factor.Add([0, 0, 0.001f]);
        var (raw, _) = factor.Spectra();
        Assert.Equal([5.0, 2.0, 0.001], raw.SingularValues.Select(v => Math.Round(v, 9)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 6)]
    [InlineData(4, 7)]
    [InlineData(37, 5)]
    [InlineData(512, 9)]
    [InlineData(1300, 33)]
    public void Spectra_AnySize_AreThoseOfTheWholeMatrix(int rows, int columns)
    {
        var random = new Random(rows);
        var matrix = DenseMatrix.Create(rows, columns, (_, j) => (float)((random.NextDouble() * Math.Pow(0.6, j)) + j));
        var factor = new RowFactor(columns);
        for (var i = 0; i < rows; i++)
            factor.Add([.. matrix.Row(i).Select(v => (float)v)]);
        var (raw, centred) = factor.Spectra();
        var mean = matrix.ColumnSums() / rows;
        var without = DenseMatrix.Create(rows, columns, (i, j) => matrix[i, j] - mean[j]);
        Check(matrix, raw);
        Check(without, centred);

        void Check(DenseMatrix expected, Spectrum found)
        {
            var values = expected.Svd(computeVectors: false).S;
            Assert.Equal(Math.Min(rows, columns), found.SingularValues.Count);
            for (var i = 0; i < found.SingularValues.Count; i++)
                Assert.Equal(values[i], found.SingularValues[i], 1e-12 * matrix.FrobeniusNorm());
        }
    }

    [Fact]
    public void Spectra_RowsSeveralTimes_AreThoseOfTheRowsWrittenOut()
    {
        var random = new Random(3);
        var (times, written) = (new RowFactor(4), new RowFactor(4));
        for (var row = 0; row < 40; row++)
        {
            float[] values = [.. Enumerable.Range(0, 4).Select(j => (float)(random.NextDouble() + j))];
            var count = random.Next(1, 900);
            times.Add(values, count);
            for (var i = 0; i < count; i++)
                written.Add(values);
        }

        Assert.Equal(written.Rows, times.Rows);
        var ((raw, centred), (expected, expectedCentred)) = (times.Spectra(), written.Spectra());
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(expected.SingularValues[i], raw.SingularValues[i], 1e-9 * expected.SingularValues[0]);
            Assert.Equal(expectedCentred.SingularValues[i], centred.SingularValues[i], 1e-9 * expected.SingularValues[0]);
        }
    }

    // A Gram matrix would have lost the third value: its square is 1e-18 of the largest's.
    [Fact]
    public void Spectra_ValuesFarApart_KeepTheSmall()
    {
        var factor = new RowFactor(3);
        var random = new Random(2);
        for (var row = 0; row < 600; row++)
            factor.Add([row % 2 == 0 ? 1e5f : -1e5f, row % 4 < 2 ? 1 : -1, (row % 8 < 4 ? 1 : -1) * 1e-4f]);
        var values = factor.Spectra().Raw.SingularValues;
        var root = Math.Sqrt(600);
        Assert.Equal([1e5, 1, 1e-4], values.Select(v => Math.Round(v / root, 8)));
    }

    [Fact]
    public void Judge_CollapsedRepresentation_IsFound()
    {
        var random = new Random(4);
        var (collapsed, healthy) = (new RowFactor(16), new RowFactor(16));
        for (var row = 0; row < 700; row++)
        {
            // One direction, far from the origin, and what rounding adds; against sixteen.
            var along = (float)random.NextDouble();
            collapsed.Add([.. Enumerable.Range(0, 16).Select(i => 10 + (along * i))]);
            healthy.Add([.. Enumerable.Range(0, 16).Select(_ => 10 + (float)random.NextDouble())]);
        }

        var (verdict, explanation) = CollapseRule.Judge(700, 16, collapsed.Spectra().Centred.EffectiveRank);
        Assert.Equal(CollapseVerdict.Collapsed, verdict);
        Assert.StartsWith("collapsed: rows differ in 1.0 effective directions of 16", explanation, StringComparison.Ordinal);
        Assert.Equal(CollapseVerdict.Spread, CollapseRule.Judge(700, 16, healthy.Spectra().Centred.EffectiveRank).Verdict);
        // As it is, the mean hides it: both have one large value.
        Assert.InRange(healthy.Spectra().Raw.InformationAbundance, 1, 1.5);
    }

    [Theory]
    [InlineData(1000, 400, 1.5, CollapseVerdict.Collapsed)]
    [InlineData(1000, 400, 20, CollapseVerdict.Collapsed)]
    [InlineData(1000, 400, 20.5, CollapseVerdict.Narrow)]
    [InlineData(1000, 400, 100, CollapseVerdict.Narrow)]
    [InlineData(1000, 400, 101, CollapseVerdict.Spread)]
    [InlineData(2, 10, 1, CollapseVerdict.Spread)] // two rows differ in no more than one direction
    [InlineData(1000, 10, 0, CollapseVerdict.Collapsed)]
    public void Judge_AtTheThresholds_IsAsDocumented(int rows, int units, double rank, CollapseVerdict expected) =>
        Assert.Equal(expected, CollapseRule.Judge(rows, units, rank).Verdict);

    [Fact]
    public void ConstantColumns_SilentUnits_AreCounted()
    {
        var factor = new RowFactor(3);
        factor.Add([0, 1, 2]);
        factor.Add([0, 2, 2]);
        Assert.Equal(2, factor.ConstantColumns);
    }
}
