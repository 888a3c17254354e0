using System.Numerics;
using System.Runtime.InteropServices;

namespace Consort.Studies.Diagnostics;

/// <summary>What a layer, or several side by side, give on the same N rows: [N, units], row after row.</summary>
/// <param name="Values">[N, units].</param>
/// <param name="Rows">N.</param>
/// <param name="Units">Numbers a row.</param>
internal sealed record Representation(float[] Values, int Rows, int Units)
{
    /// <summary>Several representations of the same rows side by side.</summary>
    public static Representation Concat(IReadOnlyList<Representation> parts)
    {
        if (parts.Count == 1)
            return parts[0];
        var (rows, units) = (parts[0].Rows, parts.Sum(p => p.Units));
        var values = new float[rows * units];
        var at = 0;
        foreach (var part in parts)
        {
            for (var row = 0; row < rows; row++)
                part.Values.AsSpan(row * part.Units, part.Units).CopyTo(values.AsSpan((row * units) + at));
            at += part.Units;
        }

        return new Representation(values, rows, units);
    }

    /// <summary>
    /// Linear centred kernel alignment of two representations of the same rows: ‖XᵀY‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F) of the matrices without their
    /// mean rows, 0 to 1, the same under rotation and scaling of either; NaN where one does not differ between rows. Source: Kornblith et
    /// al. 2019, eq. 5 with linear kernels.
    /// </summary>
    /// <param name="x">One.</param>
    /// <param name="xSpectrum">Its centred singular values, for ‖XᵀX‖_F = √Σσ⁴.</param>
    /// <param name="y">The other.</param>
    /// <param name="ySpectrum">Likewise.</param>
    public static double Cka(Representation x, Spectrum xSpectrum, Representation y, Spectrum ySpectrum)
    {
        var (left, right) = (x.Centred(), y.Centred());
        var (width, padded) = (x.Units, right.Length / y.Rows);
        var product = new double[width * padded]; // XᵀY [x units, y units]
        var stride = left.Length / x.Rows;
        // Eight rows at a time, so that the product is read and written an eighth as often.
        const int Group = 8;
        for (var row = 0; row < x.Rows; row += Group)
        {
            var rows = Math.Min(Group, x.Rows - row);
            for (var i = 0; i < width; i++)
            {
                var target = MemoryMarshal.Cast<double, Vector<double>>(product.AsSpan(i * padded, padded));
                for (var r = 0; r < rows; r++)
                {
                    var factor = new Vector<double>(left[((row + r) * stride) + i]);
                    var source = MemoryMarshal.Cast<double, Vector<double>>(right.AsSpan((row + r) * padded, padded));
                    for (var j = 0; j < target.Length; j++)
                        target[j] += factor * source[j];
                }
            }
        }

        return product.Sum(v => v * v) / Math.Sqrt(FourthPowers(xSpectrum) * FourthPowers(ySpectrum));

        static double FourthPowers(Spectrum spectrum) => spectrum.SingularValues.Sum(s => s * s * s * s);
    }

    // [N, units up to a whole number of vectors], without the mean row
    private double[] Centred()
    {
        var lanes = Vector<double>.Count;
        var padded = (Units + lanes - 1) / lanes * lanes;
        var (centred, mean) = (new double[Rows * padded], new double[Units]);
        for (var row = 0; row < Rows; row++)
            for (var i = 0; i < Units; i++)
                mean[i] += Values[(row * Units) + i];
        for (var row = 0; row < Rows; row++)
            for (var i = 0; i < Units; i++)
                centred[(row * padded) + i] = Values[(row * Units) + i] - (mean[i] / Rows);
        return centred;
    }
}
